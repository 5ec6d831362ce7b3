"""Fixed baselines: renderers without a parameter, called as DrAction is, to train beside it.

A new baseline is one file with the strokes it draws, one line here and one in
:data:`skeletonllm.draction.renderers.RENDERERS`.
"""

from skeletonllm.draction.baselines.base import FixedRenderer
from skeletonllm.draction.baselines.plain_projection import PlainProjection
from skeletonllm.draction.baselines.trajectory_map import TrajectoryMap
from skeletonllm.draction.baselines.velocity_sticks import VelocitySticks

__all__ = ["FixedRenderer", "PlainProjection", "TrajectoryMap", "VelocitySticks"]
