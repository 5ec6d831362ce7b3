"""Changes of a clip before it is rendered, in three dimensions and in its words.

What is said about a clip stays true: a mirrored motion has left and right exchanged in its label
and texts, and a change that would make a text false is not made (docs/AUGMENTATION.md).
"""

from skeletonllm.augmentation.changes import augment
from skeletonllm.augmentation.switches import DEFAULTS, Augmentation

__all__ = ["DEFAULTS", "Augmentation", "augment"]
