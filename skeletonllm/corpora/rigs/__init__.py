"""Skeletons that files define: forward kinematics, rig grammars, joint names, markers, bodies."""
