"""What it costs to be asked: scores of many candidates, and answers token by token.

    python -m benchmarks.learning.answering_cost --json answering_cost.json
    python -m benchmarks.learning.answering_cost --model tiny --device cpu --size 56 --num-frames 2

The model has the real widths, and weights that are random. `shared` scores candidates side by side
behind one prompt, as evaluation does; `alone` reads the whole prompt again for each of them, a few
at a time, and is the oracle: `differs` is the largest difference of two log-likelihoods in nats.
`peak` is what the GPU held beside the weights; candidates are the first names of NTU RGB+D 120.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from torch import Tensor

from benchmarks.learning.random_model import CONFIGS, make_adapter
from benchmarks.table import publish_table
from skeletonllm.evaluation import get_protocol
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.mllm.chat import ChatAdapter
from skeletonllm.prompts.naming import build_naming_prompt
from skeletonllm.training.estimates.stand_in import StandInTokenizer
from skeletonllm.training.precision import autocast

AT_ONCE = 4
"""Candidates that `alone` reads at a time."""
GB = 1e9


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    model: Literal["internvl3_8b", "qwen2_5_vl_7b", "tiny"] = "internvl3_8b"
    """Whose widths the random model has."""
    device: str = "cuda"
    """``cpu`` measures no memory."""
    candidates: tuple[int, ...] = (5, 60, 120)
    """How many answers to choose from."""
    clips: tuple[int, ...] = (1, 8)
    """Clips that are asked about together."""
    tokens: int = 64
    """Of an answer that is written."""
    num_frames: int = 12
    """Frames of each clip."""
    size: int = 448
    """Side of a frame in pixels."""
    json: str | None = None
    """File for the table."""


class Spelling(StandInTokenizer):
    """Spells every token alike, so that random answers can be written."""

    def decode(self, ids: Sequence[int], **_: Any) -> str:
        """A letter a token."""
        return "x" * len(ids)


def main(flags: Flags) -> int:
    on = torch.cuda.get_device_name() if flags.device.startswith("cuda") else flags.device
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(CONFIGS[flags.model]))
        adapter = make_adapter(folder, flags.device)
    assert isinstance(adapter, ChatAdapter)
    adapter.tokenizer.__class__ = Spelling
    rows = list(make_rows(adapter, flags))
    title = f"Asking {flags.model}, {flags.num_frames} x {flags.size} px, on {on}"
    publish_table(title, rows, flags.json)
    return 0


def make_rows(adapter: Adapter, flags: Flags) -> Iterator[dict[str, Any]]:
    """A row for each number of clips and of candidates, and one for written answers.

    Args:
        adapter: A random model.
        flags: Of the benchmark.
    """
    names = get_protocol("ntu120/xsub").test.labels or ()
    for clips in flags.clips:
        shape = (clips, flags.num_frames, 3, flags.size, flags.size)
        generator = torch.Generator(flags.device).manual_seed(0)
        frames = torch.rand(shape, generator=generator, device=flags.device)
        prompts = [build_naming_prompt(flags.num_frames)] * clips
        bench = Bench(adapter, frames, prompts)
        for count in flags.candidates:
            yield bench.score(names[:count])
        yield bench.write(flags.tokens)


@dataclass(frozen=True, eq=False)
class Bench:
    """A model and the clips that it is asked about.

    Args:
        adapter: The model.
        frames: Of the clips [B, T, 3, H, W].
        prompts: One a clip.
    """

    adapter: Adapter
    frames: Tensor
    prompts: Sequence[str]

    def score(self, names: Sequence[str]) -> dict[str, Any]:
        """Both ways to score candidates."""
        together = lambda: self.adapter.score_candidates(  # noqa: E731
            self.frames, self.prompts, [names] * len(self.prompts)
        )
        scores, seconds, peak = self._time(together)
        # The oracle reads one clip's first candidates: of all of them it would take minutes.
        few = list(names[: 3 * AT_ONCE])
        alone, slow, _ = self._time(lambda: self._score_alone(few))
        differs = (torch.stack(alone) - scores[0][: len(few)].to(alone[0])).abs().max().item()
        clips = len(self.prompts)
        return {
            "asked": f"{len(names)} candidates",
            "clips": clips,
            "ms a clip": round(1000 * seconds / clips, 1),
            "peak GB": round(peak, 2),
            "alone ms a clip": round(1000 * slow / len(few) * len(names), 1),
            "differs": f"{differs:.3f}",
        }

    def write(self, tokens: int) -> dict[str, Any]:
        """Answers of a number of tokens."""
        write = lambda: self.adapter.generate(  # noqa: E731
            self.frames, self.prompts, max_tokens=tokens
        )
        told, seconds, peak = self._time(write)
        clips = len(self.prompts)
        return {
            "asked": f"{max(map(len, told))} tokens written",
            "clips": clips,
            "ms a clip": round(1000 * seconds / clips, 1),
            "peak GB": round(peak, 2),
            "alone ms a clip": "",
            "differs": "",
        }

    @torch.no_grad()
    def _score_alone(self, names: list[str]) -> list[Tensor]:
        scores: list[Tensor] = []
        assert isinstance(self.adapter, ChatAdapter)
        for at in range(0, len(names), AT_ONCE):
            few = names[at : at + AT_ONCE]
            frames = self.frames[:1].expand(len(few), -1, -1, -1, -1)
            losses = self.adapter.losses(frames, [self.prompts[0]] * len(few), few)
            lengths = losses.new_tensor(self.adapter.count_answer_tokens(few))
            scores += list(-losses * lengths)
        return scores

    def _time(self, call: Callable[[], Any]) -> tuple[Any, float, float]:
        """What a call gives the second time, its seconds, and the GB that it took at most."""
        device = self.frames.device
        cuda = device.type == "cuda"
        with autocast(self.adapter, device):
            call()
            before = torch.cuda.memory_allocated() if cuda else 0
            if cuda:
                torch.cuda.reset_peak_memory_stats()
                torch.cuda.synchronize()
            started = time.perf_counter()
            found = call()
            if cuda:
                torch.cuda.synchronize()
        peak = torch.cuda.max_memory_allocated() - before if cuda else 0
        return found, time.perf_counter() - started, peak / GB


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
