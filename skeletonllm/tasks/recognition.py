"""Recognition: which action is it, of those that the prompt lists (MQA of the paper)?"""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.errors import UsageError
from skeletonllm.prompts.recognition import PROMPT_VERSION, build_recognition_prompt
from skeletonllm.shards.codec import Sample
from skeletonllm.tasks.accuracy import AccuracyScores, score_accuracy
from skeletonllm.tasks.draws import key_of_repeat
from skeletonllm.tasks.task import Answer, Candidates, Example, Task


class Recognition(Task):
    """A multiple choice over the classes of the clip's label namespace."""

    name = "recognition"
    version = PROMPT_VERSION
    names_classes = True

    def example(self, sample: Sample, candidates: Candidates) -> Example | None:
        """The clip with its class and the classes of its namespace; None without a label.

        Args:
            sample: A sample of a release.
            candidates: The classes to choose from, by label namespace.
        """
        if sample.label is None and sample.weight:
            return None
        return Example.of(sample, candidates)

    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:
        """See :func:`skeletonllm.prompts.recognition.build_recognition_prompt`.

        Args:
            example: The clip in question.
            num_frames: Frames that are shown.
            key: What the order of the candidates is drawn from.
        """
        drawn_from = key_of_repeat(key, example.repeat)
        return build_recognition_prompt(example.candidates, num_frames=num_frames, key=drawn_from)

    def target(self, example: Example, *, key: str) -> str:  # noqa: ARG002 - every key, one class
        """The class of the clip, whatever the key.

        Args:
            example: The clip in question.
            key: Not used.
        """
        return example.label

    def candidates(self, example: Example) -> tuple[str, ...]:
        """The classes of the clip's namespace."""
        return example.candidates

    def score(self, answers: Sequence[Answer]) -> AccuracyScores:
        """Top-1 accuracy, by class and with its interval; see :func:`score_accuracy`."""
        return score_accuracy(answers)

    def check_candidates(self, candidates: Candidates) -> None:
        """Refuse a namespace with a single class: there would be nothing to choose.

        Raises:
            UsageError: The message names the namespaces and their classes.
        """
        single = [name for name, classes in candidates.items() if len(classes) < 2]
        if single:
            raise UsageError(
                f"one class only to choose from in {single}: {[candidates[n] for n in single]}",
                expected="two or more",
                hint="Name more --classes.",
            )
