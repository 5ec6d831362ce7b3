"""Ask a trained renderer and model about clips: scores of candidates, losses of texts, and texts.

What a question needs is decided by the question: with candidates each is scored, without them the
right text is; and a model that is asked to write does so for either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, NoReturn

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
        examples = [one.example for one in batch]
        frames, patches = self._render(batch)
        if condition == BLIND:
            frames = torch.zeros_like(frames)
            patches = None if patches is None else torch.zeros_like(patches)
        # The key has no step: a clip is asked the same question in every evaluation.
        prompts = [
            self.task.prompt(e, num_frames=self.manner.num_frames, key=e.key) for e in examples
        ]
        given = [dict[str, Any]() for _ in batch]
        with autocast(self.adapter, self.device):
            self._score(examples, frames, prompts, patches, given)
            self._tell(examples, frames, prompts, patches, given)
            if self.manner.writes:
                self._write(examples, frames, prompts, patches, given)
        return [self._describe(e, fields) for e, fields in zip(examples, given, strict=True)]

    def _render(self, batch: Sequence[Asked]) -> tuple[Tensor, Tensor | None]:
        motions = MotionBatch.from_motions([one.shown for one in batch], self.device)
        shown = [replace(one.example, motion=one.shown) for one in batch]
        frames = choose_frames(shown, self.manner.num_frames).to(self.device)
        rendering = self.renderer(motions, frames)
        return rendering.frames, rendering.patches if self.manner.foreground else None

    def _score(
        self,
        examples: Sequence[Example],
        frames: Tensor,
        prompts: Sequence[str],
        patches: Tensor | None,
        given: list[dict[str, Any]],
    ) -> None:
        """Scores of candidates, of the questions that have some."""
        candidates = [self.task.candidates(example) for example in examples]
        at = [i for i, names in enumerate(candidates) if names]
        if not at:
            return
        texts = [prompts[i] for i in at], [candidates[i] for i in at]
        cut = None if patches is None else patches[at]
        scored = self.adapter.score_candidates(frames[at], *texts, cut)
        broken = [i for i, scores in zip(at, scored, strict=True) if not scores.isfinite().all()]
        blind = None
        if self.manner.in_full or broken:
            blind = self._score_blind(*texts, frames[at], cut)
        if broken:
            self._refuse(examples[broken[0]], blind or [])
        for i, scores in zip(at, scored, strict=True):
            given[i] |= {"candidates": candidates[i], "scores": scores.tolist()}
            if self.manner.in_full and blind is not None:
                given[i]["tokens"] = self.adapter.count_answer_tokens(candidates[i])
                given[i]["blind_scores"] = blind[at.index(i)].tolist()

    def _score_blind(
        self,
        prompts: Sequence[str],
        candidates: Sequence[tuple[str, ...]],
        frames: Tensor,
        patches: Tensor | None,
    ) -> list[Tensor]:
        """Scores with black pictures of the same size; of each prompt once."""
        keys = list(zip(prompts, candidates, strict=True))
        if len(self._blind) > _REMEMBERED:
            self._blind.clear()
        new = {key: i for i, key in enumerate(keys) if key not in self._blind}
        if new:
            at = list(new.values())
            none = None if patches is None else torch.zeros_like(patches[at])
            texts = [prompts[i] for i in at], [candidates[i] for i in at]
            found = self.adapter.score_candidates(torch.zeros_like(frames[at]), *texts, none)
            self._blind |= dict(zip(new, found, strict=True))
        return [self._blind[key] for key in keys]

    def _refuse(self, example: Example, blind: Sequence[Tensor]) -> NoReturn:
        """Say whether the clip or the model is to blame: a sound model can read a black picture."""
        if not all(scores.isfinite().all() for scores in blind):
            raise ModelError(
                "the model's likelihoods are not finite, even of a black picture",
                expected="numbers",
                where=self.name or type(self.adapter).__name__,
                hint="Its weights are spoiled, or too large for its dtype: take an earlier one.",
            )
        asked = f" (checkpoint {self.name})" if self.name else ""
        raise TrainingError(
            f"the model's likelihoods are not finite{asked}",
            where=example.key,
            hint="Draw the clip with `skeletonllm render`: the model can read a black picture.",
        )

    def _tell(
        self,
        examples: Sequence[Example],
        frames: Tensor,
        prompts: Sequence[str],
        patches: Tensor | None,
        given: list[dict[str, Any]],
    ) -> None:
        """Losses of the right texts, of the questions without candidates."""
        at = [i for i, fields in enumerate(given) if "scores" not in fields]
        if not at:
            return
        targets = [self.task.target(examples[i], key=examples[i].key) for i in at]
        bare = [examples[i].key for i, target in zip(at, targets, strict=True) if not target]
        if bare:
            found = f"task {self.task.name!r} has neither candidates nor a text"
            raise UsageError(found, expected="a right answer", where=bare[0])
        cut = None if patches is None else patches[at]
        losses = self.adapter.losses(frames[at], [prompts[i] for i in at], targets, cut)
        for i, loss in zip(at, losses.tolist(), strict=True):
            given[i]["loss"] = loss

    def _write(
        self,
        examples: Sequence[Example],
        frames: Tensor,
        prompts: Sequence[str],
        patches: Tensor | None,
        given: list[dict[str, Any]],
    ) -> None:
        """What the model writes; the steps of a rationale are judged by the clip's own joints."""
        most = self.manner.max_tokens
        texts = self.adapter.generate(frames, prompts, patches, max_tokens=most)
        for example, text, fields in zip(examples, texts, given, strict=True):
            fields["text"] = text
            if self.task.tells_steps:
                fields["verdicts"] = judge_told_steps(text, example.motion)

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
