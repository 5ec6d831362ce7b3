"""Discrimination: does the clip show this action, or one that is easily taken for it (Disc-FT)?

As published: YES is asked of the clip's own class, NO of one of its five hardest negatives, and
both come equally often: exactly so in a part of weight 2, which gives each clip twice in an epoch.
The negative is drawn anew in each epoch. Negatives are those that the view may show, so that an
unseen class is never named.
"""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.negatives.selection import TOP
from skeletonllm.prompts.discrimination import (
    NO,
    PROMPT_VERSION,
    YES,
    build_discrimination_prompt,
)
from skeletonllm.shards.codec import Sample
from skeletonllm.tasks.accuracy import AccuracyScores, score_accuracy
from skeletonllm.tasks.draws import draw_number
from skeletonllm.tasks.task import Answer, Candidates, Example, Task


class Discrimination(Task):
    """YES or NO to one class; ``Example.texts`` holds the hard negatives, hardest first."""

    name = "discrimination"
    version = PROMPT_VERSION
    needs = ("negatives",)
    turns = 2

    def example(self, sample: Sample, candidates: Candidates) -> Example | None:
        """The clip with its class and its hard negatives; None without either.

        Of a clip that has no negative only YES could be right, which would teach to say YES. A
        slot of weight 0 stays, whatever it lacks: it keeps the ranks in step.

        Args:
            sample: A sample of a release, as its view lets it be seen.
            candidates: The classes that may be named, by label namespace.
        """
        hard: tuple[str, ...] = ()
        # A slot without weight may hold what its view refuses to be looked into.
        if sample.label is not None and sample.weight:
            classes = candidates.get(sample.clip.label_namespace or "", ())
            hard = tuple(name for name in sample.negatives if name in classes)[:TOP]
        if not hard and sample.weight:
            return None
        return Example.of(sample, candidates, texts=hard)

    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:
        """The question about the class that :meth:`asked_about` draws.

        Args:
            example: The clip in question.
            num_frames: Frames that are shown.
            key: What the class is drawn from.
        """
        return build_discrimination_prompt(
            self.asked_about(example, key=key), num_frames=num_frames
        )

    def asked_about(self, example: Example, *, key: str) -> str:
        """The clip's own class and one of its hard negatives in turn, repeat after repeat.

        Which of both is first is drawn, so that a part of weight 1 asks YES as often as NO over its
        clips; a part of weight 2 asks both of each clip. Each NO of an epoch has another negative.

        Args:
            example: The clip in question.
            key: What it is drawn from; the same for all repeats.
        """
        drawn = draw_number(self.version, key)
        turn = drawn % 2 + example.repeat
        if turn % 2 == 0 or not example.texts:
            return example.label
        return example.texts[(drawn // 2 + turn // 2) % len(example.texts)]

    def target(self, example: Example, *, key: str) -> str:
        """``YES`` if the clip's own class is asked about, else ``NO``.

        Args:
            example: The clip in question.
            key: As in :meth:`prompt`.
        """
        return YES if self.asked_about(example, key=key) == example.label else NO

    def candidates(self, example: Example) -> tuple[str, ...]:  # noqa: ARG002 - of any clip
        """``YES`` and ``NO``."""
        return (YES, NO)

    def score(self, answers: Sequence[Answer]) -> AccuracyScores:
        """Share of right answers, of YES and NO by themselves; see :func:`score_accuracy`."""
        return score_accuracy(answers)
