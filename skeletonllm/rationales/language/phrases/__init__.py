"""The phrases of every kind of claim, by what moves."""

from skeletonllm.rationales.language.phrases.family import Family
from skeletonllm.rationales.language.phrases.joints import JOINTS
from skeletonllm.rationales.language.phrases.reaching import REACHING
from skeletonllm.rationales.language.phrases.strokes import STROKES
from skeletonllm.rationales.language.phrases.travel import TRAVEL

FAMILIES: tuple[Family, ...] = (*REACHING, *JOINTS, *STROKES, *TRAVEL)
"""Of all motions; the composer writes with them and the parser reads with them."""

__all__ = ["FAMILIES", "Family"]
