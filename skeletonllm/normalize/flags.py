"""Every flag that normalization gives, and what it means."""

from __future__ import annotations

from skeletonllm.normalize.frames import GAPS_FILLED, RESAMPLED
from skeletonllm.normalize.ghosts import GHOST, REASONS
from skeletonllm.normalize.handedness import MIRRORED
from skeletonllm.normalize.identity import IDENTITY_SWITCH
from skeletonllm.normalize.space import UNIT_UNSURE, UP_UNSURE

_WHY = {
    "joints": "it never showed a quarter of its joints",
    "spread": "it was small and wider than tall, and more spoke against it",
    "size": "its bones were far shorter than another's, and more spoke against it",
    "mirror": "it was the mirror image of another body",
}

FLAGS: dict[str, str] = {
    IDENTITY_SWITCH: "ids that handed over to each other, or switched, were repaired by motion",
    **{f"{GHOST}:{reason}": f"a body was left out: {_WHY[reason]}" for reason in REASONS},
    UNIT_UNSURE: "by its bones a body would stand below 0.5 or above 2.5 m",
    UP_UNSURE: "bodies do not stand along +y",
    MIRRORED: "the names of left and right contradict the way the bodies face",
    GAPS_FILLED: "short gaps were interpolated, on request; the column filled says where",
    RESAMPLED: "the frame rate is not the source's, on request",
}
"""Flag: what it says of a clip. Readers have flags of their own, see docs/CORPORA.md."""
