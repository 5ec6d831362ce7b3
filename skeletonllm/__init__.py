"""Language models that understand human motion.

The front door: what most programs start from, loaded when it is asked for.

Example:
    >>> from skeletonllm import get_reader, get_topology
    >>> len(get_topology("kinect_v2"))
    25
"""

from typing import TYPE_CHECKING

from skeletonllm.lazy import lazy_exports

if TYPE_CHECKING:
    from skeletonllm.clip import Clip
    from skeletonllm.corpora.reader import get_reader
    from skeletonllm.draction.config import DrActionConfig
    from skeletonllm.draction.renderer import DrAction
    from skeletonllm.motion import Motion
    from skeletonllm.motion_batch import MotionBatch
    from skeletonllm.stream.stream import Stream
    from skeletonllm.topology import Topology, get_topology
    from skeletonllm.version import __version__
    from skeletonllm.views.view import View

__all__ = [
    "Clip",
    "DrAction",
    "DrActionConfig",
    "Motion",
    "MotionBatch",
    "Stream",
    "Topology",
    "View",
    "__version__",
    "get_reader",
    "get_topology",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Clip": "skeletonllm.clip",
        "DrAction": "skeletonllm.draction.renderer",
        "DrActionConfig": "skeletonllm.draction.config",
        "Motion": "skeletonllm.motion",
        "MotionBatch": "skeletonllm.motion_batch",
        "Stream": "skeletonllm.stream.stream",
        "Topology": "skeletonllm.topology",
        "View": "skeletonllm.views.view",
        "__version__": "skeletonllm.version",
        "get_reader": "skeletonllm.corpora.reader",
        "get_topology": "skeletonllm.topology",
    },
)
