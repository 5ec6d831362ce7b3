"""Caption: what happens in the clip, in the words of one of its captions?"""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.prompts.caption import PROMPT_VERSION, build_caption_prompt
from skeletonllm.prompts.frames import WHOLE
from skeletonllm.shards.codec import Sample
from skeletonllm.tasks.draws import draw_place
from skeletonllm.tasks.overlap import OverlapScores, score_overlap
from skeletonllm.tasks.stretches import find_stretch
from skeletonllm.tasks.task import Answer, Candidates, Example, Task


class Caption(Task):
    """One caption, drawn from the key; ``Example.texts`` holds all of them."""

    name = "caption"
    version = PROMPT_VERSION
    free_text = True
    describes = True
    having = ("captions",)
    labelled = False

    def example(self, sample: Sample, candidates: Candidates) -> Example | None:
        """The clip with its captions; None where its view left none.

        Args:
            sample: A sample of a release, as its view lets it be seen.
            candidates: The classes that may be named, by label namespace; no text here names any.
        """
        told = [c for c in sample.clip.captions if c.text.strip()]
        if not told and sample.weight:
            return None
        stretches = [find_stretch(sample.motion, c.start_s, c.end_s) for c in told]
        texts = [c.text.strip() for c in told]
        return Example.of(sample, candidates, texts=texts, stretches=stretches)

    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:
        """The request to describe the clip, or the stretch that the drawn caption is about.

        Args:
            example: The clip in question.
            num_frames: Frames that are shown.
            key: What the caption is drawn from.
        """
        stretch = WHOLE
        if example.stretches:
            stretch = example.stretches[self._draw(example, key)]
        return build_caption_prompt(num_frames=num_frames, stretch=stretch)

    def target(self, example: Example, *, key: str) -> str:
        """The drawn caption.

        Args:
            example: The clip in question.
            key: As in :meth:`prompt`.
        """
        return example.texts[self._draw(example, key)] if example.texts else ""

    def references(self, example: Example, *, key: str) -> tuple[str, ...]:
        """All captions of the stretch that the drawn one is about.

        Args:
            example: The clip in question.
            key: As in :meth:`prompt`.
        """
        if not example.stretches:
            return example.texts
        about = example.stretches[self._draw(example, key)]
        told = zip(example.texts, example.stretches, strict=True)
        return tuple(text for text, stretch in told if stretch == about)

    def candidates(self, example: Example) -> tuple[str, ...]:  # noqa: ARG002 - of any clip
        """None: the answer is free text."""
        return ()

    def score(self, answers: Sequence[Answer]) -> OverlapScores:
        """Words in common with the caption; see :func:`score_overlap`."""
        return score_overlap(answers)

    def _draw(self, example: Example, key: str) -> int:
        return draw_place(len(example.texts), self.version, key, example.repeat)
