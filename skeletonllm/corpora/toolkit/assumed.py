"""Names of the flags by which a reader says what it had to guess.

What follows from a shape, a count or a name alone is a guess: it gives no unit, rate, skeleton,
corpus or licence without one of these. Each is said in docs/CORPORA.md.
"""

from __future__ import annotations

FPS_ASSUMED = "fps_assumed"
"""No frame rate is stated."""

UNIT_ASSUMED = "unit_assumed"
"""No unit is stated, or none that a body fits: the scale follows from the body, or is unknown."""

AXES_ASSUMED = "axes_assumed"
"""Which way is up is not stated, and the body does not tell for certain."""

IMAGE_SIZE_ASSUMED = "image_size_assumed"
"""No picture size is stated; ``--image-size`` states it."""

IMAGE_SIZE_EXCEEDED = "image_size_exceeded"
"""Joints lie far beyond the picture size that the user stated: it is hardly that of this file."""

ANATOMY_UNKNOWN = "anatomy_unknown"
"""Neither the names of the joints nor their places tell where the limbs are."""

ANATOMY_BY_SHAPE = "anatomy_by_shape"
"""The names of the joints say nothing; the tree and the rest pose do."""

BODY_ASSUMED = "body_assumed"
"""Which body it is (gender, shape or kind of model) is not stated, or not so that it is known."""

SKELETON_ASSUMED = "skeleton_assumed"
"""What the joints are follows from how many there are."""

FORMAT_ASSUMED = "format_assumed"
"""That a file is of this format follows from a shape or from its name; nothing in it says so."""

UNIT_DOUBTFUL = "unit_doubtful"
"""A unit is claimed in which no body has such limbs, such height or such speed: not metric."""

GUESSED = frozenset({SKELETON_ASSUMED, FORMAT_ASSUMED})
"""Flags of clips whose corpus nobody can be certain of."""
