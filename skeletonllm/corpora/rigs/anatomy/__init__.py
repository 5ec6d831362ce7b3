"""Where the limbs of a rig are: by the words of its joints, or else by its tree and its poses."""
