"""Ask a trained renderer and model about clips: scores of candidates, losses of texts, and texts.

What a question needs is decided by the question: with candidates each is scored, without them the
right text is; and a model that is asked to write does so for either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import torch
from torch import Tensor, nn

from skeletonllm.errors import ModelError, TrainingError, UsageError
from skeletonllm.evaluation.responses.response import BLIND, OWN, Response
from skeletonllm.evaluation.scores.student import judge_told_steps
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.tasks.task import Example, Task
from skeletonllm.training.batches import choose_frames
from skeletonllm.training.precision import autocast

STAGE = "evaluate"
"""Name of this stage, for rejects."""
_REMEMBERED = 4096
"""Blind scores that are kept, one a prompt and its candidates: most tasks ask all clips alike."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A question about a clip, and the motion that the model is shown.

    Args:
        example: The question, with the clip's own motion.
        shown: That motion, changed as a condition says, or another clip's.
    """

    example: Example
    shown: Motion


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a model is asked.

    Args:
        num_frames: Frames of each clip; the middle one of each segment is shown.
        foreground: Show the language model only the visual tokens in which something was drawn.
        batch_size: Clips rendered and read together; does not change a response.
        in_full: Also count the tokens of candidates and score them with a black picture.
        writes: Let the model write its answer, too.
        max_tokens: Longest text that it writes.
    """

    num_frames: int
    foreground: bool = False
    batch_size: int = 24
    in_full: bool = True
    writes: bool = False
    max_tokens: int = 128


@dataclass(frozen=True, eq=False)
class _Shown:
    """Questions with their pictures, as an adapter takes them."""

    examples: Sequence[Example]
    prompts: Sequence[str]
    frames: Tensor
    patches: Tensor | None

    def take(self, at: Sequence[int]) -> _Shown:
        """Some of them."""
        return _Shown(
            [self.examples[i] for i in at],
            [self.prompts[i] for i in at],
            self.frames[at],
            None if self.patches is None else self.patches[at],
        )

    def blacken(self) -> _Shown:
        """The same with black pictures, on which nothing is foreground."""
        patches = None if self.patches is None else torch.zeros_like(self.patches)
        return replace(self, frames=torch.zeros_like(self.frames), patches=patches)


class Responder:
    """A renderer and a model that answer the questions of a task.

    Args:
        task: What is asked, and what is right.
        renderer: DrAction, trained or not.
        adapter: The multimodal LLM.
        manner: How it is asked.
        name: Of the checkpoint, for the error that a broken model is.
    """

    def __init__(
        self, task: Task, renderer: nn.Module, adapter: Adapter, manner: Manner, name: str = ""
    ) -> None:
        self.task, self.renderer, self.adapter = task, renderer, adapter
        self.manner, self.name = manner, name
        self.device = next(chain(adapter.parameters(), renderer.parameters())).device
        self._blind: dict[tuple[str, tuple[str, ...]], Tensor] = {}

    def respond(
        self, asked: Iterable[Asked], condition: str = OWN, failed: list[Reject] | None = None
    ) -> Iterator[Response]:
        """Responses in the order of the questions.

        Args:
            asked: Questions, and what is shown.
            condition: In what that differs from the clips; ``blind`` shows black pictures.
            failed: Grows by the clips that have no response, such as one that cannot be drawn;
                without it, the first of them ends the evaluation.

        Raises:
            UsageError: A question has neither candidates nor a text, and the model does not write.
            ModelError: The model's numbers are not finite, whatever it is shown.
            TrainingError: They are not finite of one clip, and ``failed`` is not given.
        """
        rest = iter(asked)
        while batch := list(islice(rest, self.manner.batch_size)):
            try:
                found = self._respond(batch, condition)
            except Exception:
                if failed is None:
                    raise
                # Some clip of the batch is to blame: alone, the others have their answers.
                found = []
                for one in batch:
                    with isolate_clip(ClipName(one.example.key, ""), STAGE, failed):
                        found += self._respond([one], condition)
            yield from (replace(response, condition=condition) for response in found)

    @torch.no_grad()
    def _respond(self, batch: Sequence[Asked], condition: str) -> list[Response]:
        shown = self._show(batch)
        shown = shown.blacken() if condition == BLIND else shown
        given = [dict[str, Any]() for _ in batch]
        with autocast(self.adapter, self.device):
            self._score(shown, given)
            self._tell(shown, given)
            if self.manner.writes:
                self._write(shown, given)
        return [self._describe(e, fields) for e, fields in zip(shown.examples, given, strict=True)]

    def _show(self, batch: Sequence[Asked]) -> _Shown:
        motions = MotionBatch.from_motions([one.shown for one in batch], self.device)
        drawn = [replace(one.example, motion=one.shown) for one in batch]
        rendering = self.renderer(
            motions, choose_frames(drawn, self.manner.num_frames).to(self.device)
        )
        examples = [one.example for one in batch]
        # The key has no step: a clip is asked the same question in every evaluation.
        prompts = [
            self.task.prompt(e, num_frames=self.manner.num_frames, key=e.key) for e in examples
        ]
        patches = rendering.patches if self.manner.foreground else None
        return _Shown(examples, prompts, rendering.frames, patches)

    def _score(self, shown: _Shown, given: list[dict[str, Any]]) -> None:
        """Scores of candidates, of the questions that have some."""
        candidates = [self.task.candidates(example) for example in shown.examples]
        at = [i for i, names in enumerate(candidates) if names]
        if not at:
            return
        asked, names = shown.take(at), [candidates[i] for i in at]
        scored = self.adapter.score_candidates(asked.frames, asked.prompts, names, asked.patches)
        self._check(asked, scored, lambda: self._score_blind(asked, names))
        blind = self._score_blind(asked, names) if self.manner.in_full else [None] * len(at)
        for i, scores, black in zip(at, scored, blind, strict=True):
            given[i] |= {"candidates": candidates[i], "scores": scores.tolist()}
            if black is not None:
                given[i]["tokens"] = self.adapter.count_answer_tokens(candidates[i])
                given[i]["blind_scores"] = black.tolist()

    def _score_blind(self, asked: _Shown, names: Sequence[tuple[str, ...]]) -> list[Tensor]:
        """Scores with black pictures of the same size; of each prompt once."""
        keys = list(zip(asked.prompts, names, strict=True))
        if len(self._blind) > _REMEMBERED:
            self._blind.clear()
        new = {key: i for i, key in enumerate(keys) if key not in self._blind}
        if new:
            at = list(new.values())
            few = asked.take(at).blacken()
            chosen = [names[i] for i in at]
            found = self.adapter.score_candidates(few.frames, few.prompts, chosen, few.patches)
            self._blind |= dict(zip(new, found, strict=True))
        return [self._blind[key] for key in keys]

    def _tell(self, shown: _Shown, given: list[dict[str, Any]]) -> None:
        """Losses of the right texts, of the questions without candidates."""
        at = [i for i, fields in enumerate(given) if "scores" not in fields]
        if not at:
            return
        asked = shown.take(at)
        targets = [self.task.target(example, key=example.key) for example in asked.examples]
        bare = [e.key for e, target in zip(asked.examples, targets, strict=True) if not target]
        if bare:
            found = f"task {self.task.name!r} has neither candidates nor a text"
            raise UsageError(found, expected="a right answer", where=bare[0])
        losses = self._measure(asked, targets)
        self._check(asked, losses, lambda: self._measure(asked.blacken(), targets))
        for i, loss in zip(at, losses, strict=True):
            given[i]["loss"] = loss.item()

    def _measure(self, asked: _Shown, targets: Sequence[str]) -> list[Tensor]:
        losses = self.adapter.losses(asked.frames, asked.prompts, targets, asked.patches)
        return list(losses)

    def _write(self, shown: _Shown, given: list[dict[str, Any]]) -> None:
        """What the model writes; the steps of a rationale are judged by the clip's own joints."""
        texts = self.adapter.generate(
            shown.frames, shown.prompts, shown.patches, max_tokens=self.manner.max_tokens
        )
        for example, text, fields in zip(shown.examples, texts, given, strict=True):
            fields["text"] = text
            if self.task.tells_steps:
                fields["verdicts"] = judge_told_steps(text, example.motion)

    def _check(
        self, asked: _Shown, found: Sequence[Tensor], blind: Callable[[], Sequence[Tensor]]
    ) -> None:
        """Refuse numbers that are none: a sound model can read a black picture, so that says
        whether the clip or the model is to blame."""
        broken = [i for i, each in enumerate(found) if not each.isfinite().all()]
        if not broken:
            return
        if not all(each.isfinite().all() for each in blind()):
            raise ModelError(
                "the model's likelihoods are not finite, even of a black picture",
                expected="numbers",
                where=self.name or type(self.adapter).__name__,
                hint="Its weights are spoiled, or too large for its dtype: take an earlier one.",
            )
        of = f" (checkpoint {self.name})" if self.name else ""
        raise TrainingError(
            f"the model's likelihoods are not finite{of}",
            where=asked.examples[broken[0]].key,
            hint="Draw the clip with `skeletonllm render`: the model can read a black picture.",
        )

    def _describe(self, example: Example, fields: dict[str, Any]) -> Response:
        return Response(
            clip_id=example.key,
            target=self.task.target(example, key=example.key),
            turn=example.repeat,
            kind=self.task.kind(example) or None,
            label_namespace=example.namespace or None,
            label=example.label or None,
            references=self.task.references(example, key=example.key),
            **fields,
        )
