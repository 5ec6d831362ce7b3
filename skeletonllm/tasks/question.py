"""Question: what a data set asks about a clip, such as which hand it is or how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skeletonllm.prompts.frames import WHOLE
from skeletonllm.prompts.question import PROMPT_VERSION, build_question_prompt
from skeletonllm.prompts.recognition import shuffle_candidates
from skeletonllm.shards.codec import Sample
from skeletonllm.tasks.draws import draw_place, key_of_repeat
from skeletonllm.tasks.kind_scores import KindScores, score_kinds
from skeletonllm.tasks.stretches import find_stretch
from skeletonllm.tasks.task import Answer, Candidates, Example, Task

YES_NO = ("yes", "no")


class Question(Task):
    """One question, drawn from the key.

    ``Example.texts`` holds all of them, each as lines: the question, its answer, its choices. As
    plain text they are turned with the motion where that is mirrored.
    """

    name = "question"
    version = PROMPT_VERSION
    having = ("questions",)
    needs = ("questions",)
    labelled = False

    def example(self, sample: Sample, candidates: Candidates) -> Example | None:
        """The clip with its questions; None where its view left none.

        Args:
            sample: A sample of a release, as its view lets it be seen.
            candidates: The classes that may be named, by label namespace; no text here names any.
        """
        # A slot without weight may hold what its view refuses to be looked into.
        rows = sample.questions if sample.weight else ()
        if not rows and sample.weight:
            return None
        spans = [(row.get("start_s"), row.get("end_s")) for row in rows]
        stretches = [find_stretch(sample.motion, start, end) for start, end in spans]
        return Example.of(
            sample,
            candidates,
            texts=[_write_lines(row) for row in rows],
            stretches=stretches,
            kinds=[row.get("kind", "") for row in rows],
        )

    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:
        """The drawn question, with its choices in an order that is drawn as well.

        Args:
            example: The clip in question.
            num_frames: Frames that are shown.
            key: What the question is drawn from.
        """
        place = self._draw(example, key)
        question, _, *choices = example.texts[place].split("\n")
        shown = shuffle_candidates(choices, key_of_repeat(key, example.repeat))
        stretch = example.stretches[place] if example.stretches else WHOLE
        return build_question_prompt(question, shown, num_frames=num_frames, stretch=stretch)

    def target(self, example: Example, *, key: str) -> str:
        """The answer to the drawn question.

        Args:
            example: The clip in question.
            key: As in :meth:`prompt`.
        """
        return example.texts[self._draw(example, key)].split("\n")[1]

    def candidates(self, example: Example) -> tuple[str, ...]:
        """The choices of the question that an evaluation asks, whose key is the clip's name."""
        return tuple(example.texts[self._draw(example, example.key)].split("\n")[2:])

    def count_turns(self, example: Example) -> int:
        """Every question about the clip once."""
        return len(example.texts)

    def kind(self, example: Example) -> str:
        """The kind of the question that an evaluation asks, such as ``order``."""
        kinds = example.kinds
        return kinds[self._draw(example, example.key)] if kinds else ""

    def score(self, answers: Sequence[Answer]) -> KindScores:
        """Answers that are the same, and words in common, of all and of each kind of question."""
        return score_kinds(answers)

    def _draw(self, example: Example, key: str) -> int:
        return draw_place(len(example.texts), self.version, key, example.repeat)


def _write_lines(row: Mapping[str, Any]) -> str:
    choices = row.get("choices") or (YES_NO if row.get("form") == "yes_no" else ())
    said = [" ".join(text.split()) for text in (row["question"], row["answer"], *choices)]
    # A choice among which the answer is not ("Yes") is an open question.
    lines = said if said[1] in said[2:] else said[:2]
    return "\n".join([*lines[:2], *dict.fromkeys(lines[2:])])
