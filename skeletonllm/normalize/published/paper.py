"""What the published SkeletonLLM reads: ``parse_ntu_skeleton_file`` of its ``draction.py``.

github.com/wangzy01/SkeletonLLM, 23403c9, ``skeletonllm/model/skeletonllm_chat/draction.py``; its
annotation tools only list file names. Moving bodies before the sensor and choosing 12 frames belong
to its renderer (``--camera paper``), not to this. Kept on purpose:

- Body ids are not read: the first two bodies of each frame are rows 0 and 1, so bodies change rows
  when one before them leaves or comes.
- A third body is not read, whoever it is.
- There are always two rows; where nobody is, the origin has zeros (and identity quaternions), which
  here is somebody not present.
"""

from __future__ import annotations

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.motion import FloatArray
from skeletonllm.normalize.published.bodies import as_read
from skeletonllm.normalize.published.mmaction2 import by_slot

KEPT = 2


def apply_paper(clip: Clip) -> Clip:
    """The recipe.

    Raises:
        UsageError: The clip is not one of NTU as read.
    """
    cells = by_slot(clip, as_read(clip, "paper"), KEPT)
    return cells.clip(clip, np.arange(clip.motion.num_frames))


def to_origin(clip: Clip) -> FloatArray:
    """The origin's poses, [T, 2, 25, 3], zeros where absent."""
    return clip.motion.joints
