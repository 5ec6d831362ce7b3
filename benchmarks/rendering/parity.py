"""How far each engine that runs here is from `torch_tiles` in float64, over random scenes.

    python -m benchmarks.rendering.parity

Through all of DrAction: pictures, and the gradients of the joints and of every parameter (camera,
radii and thickness, colours, opacities, depth mix, modulator, GRU). A machine with a GPU is asked
everything at once by `python -m benchmarks.rendering.gpu`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import torch
import tyro

from benchmarks.table import publish_table
from skeletonllm.draction.rasterize import ENGINES
from skeletonllm.errors import RenderError
from skeletonllm.testing.rendering.engine_parity import (
    FRAME_TOLERANCE,
    GRADIENT_TOLERANCE,
    measure_errors,
)
from skeletonllm.testing.rendering.motion_scenes import SCENES


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    device: str = "cuda" if torch.cuda.is_available() else "cpu"
    """Where to draw."""
    seeds: int = 5
    """Random scenes of each kind; odd ones with the GRU."""
    size: int = 56
    """Height and width of the pictures."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    rows = []
    for engine in (name for name in ENGINES if name != "torch_tiles"):
        for scene in SCENES:
            try:
                rows.append(_make_row(flags, engine, scene))
            except RenderError as error:
                print(f"{engine} does not run here: {error}")
                break
    if not rows:
        print("Nothing to compare: no engine but the oracle runs here.")
        return 0
    publish_table(f"Engines on {flags.device} against torch_tiles in float64", rows, flags.json)
    return 0 if all(row["within bounds"] == "yes" for row in rows) else 1


def _make_row(flags: Flags, engine: str, scene: str) -> dict[str, Any]:
    """The worst of all seeds."""
    pictures, worst = 0.0, ("", 0.0)
    for seed in range(flags.seeds):
        picture, gradients = measure_errors(
            scene, seed, flags.size, engine, recurrent=bool(seed % 2), device=flags.device
        )
        pictures = max(pictures, picture)
        worst = max(worst, max(gradients.items(), key=lambda g: g[1]), key=lambda g: g[1])
    fits = pictures < FRAME_TOLERANCE and worst[1] < GRADIENT_TOLERANCE
    return {
        "engine": engine,
        "scene": scene,
        "pictures differ by": f"{pictures:.1e}",
        "worst gradient (norm / norm)": f"{worst[1]:.1e}",
        "of": worst[0],
        "within bounds": "yes" if fits else "NO",
    }


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
