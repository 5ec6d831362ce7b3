"""Rationale: what happens step by step, and so which action it is (CR-Distill, stage 3)?

As published: the student is not told the label, and learns the teacher's whole text with its final
line ``Label: <action>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from skeletonllm.prompts.rationale import STUDENT_VERSION, build_student_prompt
from skeletonllm.shards.codec import Sample
from skeletonllm.tasks.accuracy import AccuracyScores, score_accuracy
from skeletonllm.tasks.draws import draw_place
from skeletonllm.tasks.task import Answer, Candidates, Example, Task

LABEL = "Label: "
"""Begins the last line of a rationale."""


class Rationale(Task):
    """One of a clip's rationales, drawn from the key; ``Example.texts`` holds those that may be."""

    name = "rationale"
    version = STUDENT_VERSION
    free_text = True
    tells_steps = True
    having = ("rationales",)
    needs = ("rationales",)

    def example(self, sample: Sample, candidates: Candidates) -> Example | None:
        """The clip with the rationales that may be taught; None without one.

        Args:
            sample: A sample of a release, as its view lets it be seen.
            candidates: The classes that may be named, by label namespace; the prompt names none.
        """
        # A slot without weight may hold what its view refuses to be looked into.
        texts = select_taught(sample.rationales, sample.label or "") if sample.weight else ()
        if not texts and sample.weight:
            return None
        return Example.of(sample, candidates, texts=texts)

    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:  # noqa: ARG002
        """See :func:`skeletonllm.prompts.rationale.build_student_prompt`; the same for every clip.

        Args:
            example: Not used.
            num_frames: Frames that are shown.
            key: Not used.
        """
        return build_student_prompt(num_frames=num_frames)

    def target(self, example: Example, *, key: str) -> str:
        """The whole text of the drawn rationale, its last line the label.

        Args:
            example: The clip in question.
            key: What the rationale is drawn from.
        """
        texts = example.texts
        return texts[draw_place(len(texts), self.version, key, example.repeat)]

    def candidates(self, example: Example) -> tuple[str, ...]:  # noqa: ARG002 - of any clip
        """None: the answer is free text."""
        return ()

    def score(self, answers: Sequence[Answer]) -> AccuracyScores:
        """Accuracy of the last line alone; what leads to it is not judged here."""
        final = [
            replace(a, target=read_label(a.target), prediction=read_label(a.prediction))
            for a in answers
        ]
        return score_accuracy(final)


def select_taught(rationales: Sequence[Mapping[str, Any]], label: str) -> tuple[str, ...]:
    """The texts that a student may learn: the accepted ones, or else those kept with faults.

    What is rejected is never taught, nor what nothing was found true of, nor a text whose last line
    is not the clip's class.

    Args:
        rationales: Rows of :data:`schemas.RATIONALE` of one clip.
        label: The clip's class.
    """
    last = LABEL + " ".join(label.split())
    by_status: dict[str, list[str]] = {"accepted": [], "kept_with_faults": []}
    for row in rationales:
        text = str(row["text"]).strip()
        fit = row["status"] in by_status and row["grounded"] > 0
        if fit and text.endswith(f"\n{last}"):
            by_status[row["status"]].append(text)
    return tuple(by_status["accepted"] or by_status["kept_with_faults"])


def read_label(text: str) -> str:
    """What the last line of a rationale concludes; empty if it concludes nothing.

    Example:
        >>> read_label("The hand goes up.\\nLabel: hand waving\\n")
        'hand waving'
    """
    last = text.strip().rpartition("\n")[2].strip()
    return last.removeprefix(LABEL.strip()).strip() if last.startswith(LABEL.strip()) else ""
