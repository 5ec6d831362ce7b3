"""What memory does the driver of mine-negatives take, and does it grow with the number of clips?

    python -m benchmarks.grounding.negatives_memory --clips 1000 100000

Descriptors are drawn by chance, in parts as the stage writes them; the stage then goes on from
there, in a process of its own with a local Ray, as after a kill. Told is the largest resident size
of that process, the driver: what its workers take is bounded by a part.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tyro

from benchmarks.table import publish_table
from schemas import ALL_CLIPS, CLIP
from skeletonllm.kinematics import DESCRIPTOR_FIELDS
from skeletonllm.negatives.descriptors.rows import DESCRIPTOR
from skeletonllm.storage import claim, join, write_json, write_table
from skeletonllm.storage.layout import PARTS
from skeletonllm.testing.stage_folders import finish_stage

PART = 512
"""Clips of a part, as of a unit of ``normalize``."""
SUBJECTS = 40


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    clips: tuple[int, ...] = (1_000, 100_000)
    """How many clips."""
    classes: int = 120
    """How many classes, as of NTU RGB+D 120."""
    folder: str | None = None
    """A folder that was prepared: mine it in this process, and say what that took."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    if flags.folder:
        return _mine_here(flags.folder)
    rows = []
    for count in flags.clips:
        with tempfile.TemporaryDirectory() as folder:
            prepare_folder(folder, count, flags.classes)
            rows.append({"clips": count, "classes": flags.classes, **_measure(folder)})
    publish_table("Largest resident size of the driver of mine-negatives", rows, flags.json)
    return 0


def prepare_folder(folder: str, count: int, classes: int) -> None:
    """A folder of clips that looks finished, and the stage's folder with all descriptors."""
    from pipelines.negatives import DESCRIPTORS, make_plan  # noqa: PLC0415 - brings Ray

    clips, config = join(folder, "clips"), _configure(folder)
    parts = range(-(-count // PART))
    for part in parts:
        empty = CLIP.arrow.empty_table()
        write_table(join(clips, PARTS, f"part-{part:05d}.parquet"), empty)
    write_json(join(clips, "topologies.json"), {})
    finish_stage(clips, "normalize", {}, {"clips": count})
    plan = make_plan(config)
    claim(config.output, plan)
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1, (classes, len(DESCRIPTOR_FIELDS)))
    for unit in plan.units:
        first = unit.index * PART
        table = draw_descriptors(rng, centres, first, min(PART, count - first))
        write_table(join(config.output, DESCRIPTORS, f"{unit.part}.parquet"), table)


def draw_descriptors(
    rng: np.random.Generator, centres: np.ndarray[Any, Any], first: int, count: int
) -> pa.Table:
    """Clips about the centres of their classes."""
    labels = (first + np.arange(count)) % len(centres)
    values = centres[labels] + rng.normal(0, 2, (count, centres.shape[1]))
    columns = {
        "clip_id": [f"lab/{first + i:07d}" for i in range(count)],
        "label_namespace": ["lab"] * count,
        "label": [f"class {label:03d}" for label in labels],
        "group": [f"lab/{rng.integers(SUBJECTS)}" for _ in range(count)],
        "descriptor": list(values),
        "views": [[ALL_CLIPS]] * count,
    }
    return pa.table(columns, schema=DESCRIPTOR)


def _configure(folder: str) -> Any:
    from pipelines.negatives import NegativesConfig  # noqa: PLC0415

    return NegativesConfig((join(folder, "clips"),), join(folder, "negatives"))


def _measure(folder: str) -> dict[str, Any]:
    start = time.monotonic()
    command = [sys.executable, "-m", "benchmarks.grounding.negatives_memory", "--folder", folder]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path.cwd())
    before, after = (int(word) for word in said.stdout.split()[-2:])
    seconds = round(time.monotonic() - start)
    return {"MB with Ray, idle": before, "MB at most": after, "seconds": seconds}


def _mine_here(folder: str) -> int:
    from jobs.common import cluster  # noqa: PLC0415
    from pipelines.negatives import mine_negatives  # noqa: PLC0415

    with cluster():
        before = _largest_size()
        mine_negatives(_configure(folder))
        print(before, _largest_size())
    return 0


def _largest_size() -> int:
    """Largest resident size of this process so far, MB.

    Of Linux: ``getrusage`` would count what the process that started this one held.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags, description=__doc__)))
