"""The offline teacher's description of a clip, matched to the names of classes: nothing is learned.

It asks how much of an answer is said by telling in words what the joints measurably do. The teacher
ends what it tells with the label of the clip, so it is given a clip that has none: the motion
alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.evaluation.baselines.baseline import Baseline, Fitted, Measured, Setting
from skeletonllm.evaluation.baselines.meanings import Array, Meanings, compare_directions
from skeletonllm.motion import Motion
from skeletonllm.negatives.embeddings import embed_names
from skeletonllm.rationales import KinematicTeacher

HOW_MUCH = ("summary", "whole")
"""What is read of the teacher's text: what sets the clip apart, or every step as well. Which of the
two is chosen on the training part; it is all that is."""
NOBODY = "unnamed"
"""Clip, label and source of what the teacher is given."""


def describe_motion(motion: Motion) -> tuple[str, str]:
    """What the offline teacher tells of a motion: (its summary, the summary and all steps).

    The teacher words things by the name of the clip; here all clips have one name, so that equal
    motions have equal texts whatever they are called. Its last line, with the label, is left out.

    Example:
        >>> describe_motion(motion)[0]  # doctest: +SKIP
        'In brief, the person raises the right hand above the head ...'
    """
    told = KinematicTeacher().rationale(_hide_all_but(motion))
    return told.summary, "\n".join([told.summary, *(step.text for step in told.steps)])


def _hide_all_but(motion: Motion) -> Clip:
    return Clip(
        motion=motion,
        clip_id=NOBODY,
        corpus=NOBODY,
        source_uri=NOBODY,
        source_sha256="",
        frame_index=tuple(range(motion.num_frames)),
        person_ids=tuple(str(person) for person in range(motion.num_persons)),
        label=NOBODY,
    )


@dataclass(frozen=True, eq=False)
class Reading(Fitted):
    """How descriptions are matched.

    Args:
        meanings: Vectors of names.
        part: Which of :data:`HOW_MUCH` is read.
    """

    meanings: Meanings
    part: str

    def score(self, values: Array, candidates: Sequence[str]) -> Array:
        """See :meth:`Fitted.score`: cosines of text and name."""
        read = values[:, HOW_MUCH.index(self.part)]
        return compare_directions(read, self.meanings.embed(candidates))

    def arrays(self) -> Mapping[str, Array]:
        """See :meth:`Fitted.arrays`."""
        return {"part": np.array([self.part])}


class DescribedBaseline(Baseline):
    """See the module."""

    name = "described"
    version = "1"
    settings = HOW_MUCH

    def measure(self, motion: Motion) -> Array:
        """Vectors [2, E] of the two texts of :func:`describe_motion`."""
        return embed_names(describe_motion(motion), self.meanings.embedder)

    def fit(
        self,
        trained: Measured,  # noqa: ARG002 - nothing is learned
        settings: Sequence[Setting],
        seed: int,  # noqa: ARG002 - nothing is drawn
    ) -> list[Fitted]:
        """See :meth:`Baseline.fit`; nothing is learned.

        Args:
            trained: Not looked at.
            settings: Some of :data:`HOW_MUCH`.
            seed: Without effect.
        """
        return [Reading(self.meanings, str(part)) for part in settings]
