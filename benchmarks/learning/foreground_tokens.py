"""How many visual tokens of a clip reach the language model when background is dropped.

    python -m benchmarks.learning.foreground_tokens --shared ../shared

Real clips, drawn as InternVL 3 sees them: 12 frames of 448 px, a token for 28 x 28 px, so 3,072
tokens a clip. The paper says 562 of them are foreground, through the sensor's camera.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

import torch
import tyro

from benchmarks.rendering.framing import CORPORA, load_motions
from benchmarks.table import publish_table
from skeletonllm.draction import DrAction, DrActionConfig, sample_frames
from skeletonllm.mllm.foreground import choose_tokens
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch

PUBLISHED = {"picture": "the paper's", "corpus": "-", "clips": "-", "mean": "562"}
PICTURES = {
    "body, camera fit": {},
    "body, camera of the sensor": {"camera": "sensor"},
    "formula of the paper, camera of the sensor": {"formula": "published", "camera": "sensor"},
}
"""What is drawn -> how its configuration differs from the default."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    shared: Path = Path("../shared")
    """Folder that holds data/."""
    clips: int = 200
    """At most so many clips a corpus, drawn at random, the same every time; 0 for all."""
    corpora: tuple[str, ...] = ("ntu_rgbd", "nw_ucla")
    """Which ones, of those of benchmarks.rendering.framing."""
    size: int = 448
    """Edge of a frame in pixels."""
    frames: int = 12
    """Frames of a clip."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    for corpus in flags.corpora:
        motions = list(load_motions(corpus, flags.shared / CORPORA[corpus], flags.clips))
        for picture, changes in PICTURES.items():
            config = DrActionConfig(size=flags.size, **changes)  # type: ignore[arg-type]
            renderer = DrAction(config).requires_grad_(False)
            counts = [count_shown(renderer, motion, flags.frames) for motion in motions]
            rows.append({"picture": picture, "corpus": corpus} | summarize_counts(counts))
            print(rows[-1], file=sys.stderr, flush=True)
    whole = flags.frames * (flags.size // DrActionConfig().patch) ** 2
    rows.append({key: PUBLISHED.get(key, "-") for key in rows[0]})
    publish_table(f"Visual tokens of a clip that are shown, of {whole:,}", rows, flags.json)
    return 0


def count_shown(renderer: DrAction, motion: Motion, frames: int) -> int:
    """Visual tokens of one clip that reach the language model.

    Args:
        renderer: Draws it.
        motion: The clip.
        frames: How many of its frames are drawn.
    """
    chosen = torch.from_numpy(sample_frames(motion.num_frames, frames))[None]
    with torch.no_grad():
        patches = renderer(MotionBatch.from_motions([motion]), chosen).patches
    return int(choose_tokens(patches).sum())


def summarize_counts(counts: Sequence[int]) -> dict[str, str]:
    """Clips, mean, median, and the middle nine tenths of token counts."""
    cuts = quantiles(counts, n=20) if len(counts) > 1 else [counts[0]] * 2
    return {
        "clips": str(len(counts)),
        "mean": f"{mean(counts):,.0f}",
        "median": f"{median(counts):,.0f}",
        "5 % to 95 %": f"{cuts[0]:,.0f} to {cuts[-1]:,.0f}",
    }


if __name__ == "__main__":
    raise SystemExit(main(tyro.cli(Flags)))
