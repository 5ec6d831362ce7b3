"""Pages of any number of synthesized clips, each with a rationale of eleven steps.

Clips of a block differ in action, person and noise; a later block holds the same motions again,
which deflate cannot see, as it packs each block by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from skeletonllm.motion import Motion
from skeletonllm.synthesis import ACTIONS, synthesize
from skeletonllm.viewer.blocks import (
    MOTIONS_IN_BLOCK,
    BlockWriter,
    deflate,
    to_json_bytes,
    write_element,
)
from skeletonllm.viewer.columns import COLUMNS, Rows, RowsBuilder
from skeletonllm.viewer.head import EMBEDDED, make_head
from skeletonllm.viewer.pack import pack_motion
from skeletonllm.viewer.page import load_bundle, make_bottom, make_top

STEPS = 11
"""Of a rationale: the mean of the demo's release."""
VERDICTS = (*("true",) * 12, "unverifiable", "contradicted")
PARTS = ("hand", "elbow", "knee", "foot", "head", "shoulder", "torso", "hip")
MOVES = ("rises", "sinks", "moves forward", "bends", "stretches", "turns", "stops", "approaches")
FLAGS = ("mirrored", "fps_assumed", "frozen")


def write_made_page(path: Path, count: int) -> None:
    """Write a page of so many clips.

    Args:
        path: Of the HTML file.
        count: Of clips.
    """
    bundle, rows = load_bundle(), RowsBuilder(COLUMNS)
    title = f"{count:,} clips"
    facts = [("clips", f"{count:,}")]
    with path.open("wb") as file:
        file.write(make_top(title, facts, bundle, served=False).encode())
        blocks = BlockWriter(lambda name, block: write_element(file, name, block))
        for number in range(count):
            row, texts = _make_clip(number)
            rows.add(row)
            blocks.add(texts, _pack(number % MOTIONS_IN_BLOCK))
        blocks.finish()
        built = rows.build()
        write_element(file, "rows", deflate(to_json_bytes(built.to_json())))
        head = make_head(
            mode=EMBEDDED,
            kind="release",
            title=title,
            total=count,
            shown=count,
            overview=_make_overview(facts, built),
            topologies={"kinect_v2"},
            columns=COLUMNS,
            blocks={"texts": blocks.texts_blocks, "motions": blocks.motions_blocks},
        )
        file.write(make_bottom(head, bundle).encode())


def _make_clip(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    random = np.random.default_rng(number)
    motion, action = _motion(number % MOTIONS_IN_BLOCK), _action(number)
    steps = list(_make_steps(random, motion))
    true = sum(step["verdict"] == "true" for step in steps)
    row = {
        "clip_id": f"corpus{number % 4}/S{number % 17:03d}P{number % 40:03d}A{number:07d}",
        "label": action,
        "corpus": f"corpus{number % 4}",
        "namespace": "made",
        "seconds": round(motion.num_frames / 30, 3),
        "frames": motion.num_frames,
        "fps": 30,
        "persons": motion.num_persons,
        "verdicts": sorted({step["verdict"] for step in steps}),
        "grounded": round(true / len(steps), 4),
        "observed": round(float(random.uniform(0.7, 1)), 4),
        "flags": [flag for flag in FLAGS if random.random() < 0.05],
        "splits": [f"xsub {'train' if number % 40 < 20 else 'test'}"],
        "rationales": 1,
        "subject": f"P{number % 40:03d}",
        "camera": f"C{number % 3 + 1}",
        "setup": f"S{number % 17:03d}",
        "topology": "kinect_v2",
    }
    return row, _make_texts(number, steps, row)


def _make_texts(number: int, steps: list[dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:
    rationale = {
        "teacher": "made",
        "status": "accepted",
        "grounded": row["grounded"],
        "text": f"{' '.join(step['text'] for step in steps)} So it is: {row['label']}. W{number}x.",
        "variant": 0,
        "steps": steps,
        "prompt_sha256": "0" * 64,
        "usd": 0.001,
    }
    others = [_action(number + k) for k in (1, 2, 3)]
    return {
        "rationales": [rationale],
        "captions": [],
        "negatives": [[label, "kinematics 0.83"] for label in others],
        "example_rows": [-1, -1, -1],
        "questions": [],
        "lineage": [["file", f"{row['clip_id']}.skeleton"], ["reader", "ntu_rgbd"]],
        "pictures": [],
    }


def _make_steps(random: np.random.Generator, motion: Motion) -> Iterator[dict[str, Any]]:
    end = motion.num_frames / 30
    for _ in range(STEPS):
        start = float(random.uniform(0, end - 0.2))
        side, part, move = (random.choice(of) for of in (("left", "right"), PARTS, MOVES))
        size = random.integers(3, 60)
        yield {
            "text": f"The {side} {part} {move} by about {size} cm.",
            "start_s": round(start, 2),
            "end_s": round(min(end, start + 0.5), 2),
            "verdict": str(random.choice(VERDICTS)),
            "measured": f"{random.integers(1, 60)} cm",
        }


def _action(number: int) -> str:
    names = sorted(ACTIONS)
    return names[number % len(names)]


@cache
def _motion(kind: int) -> Motion:
    return synthesize(_action(kind), subject=kind, seed=kind)


@cache
def _pack(kind: int) -> bytes:
    return pack_motion(_motion(kind))


def _make_overview(facts: list[tuple[str, str]], rows: Rows) -> dict[str, Any]:
    charts = []
    for name, title in (("corpus", "Corpora"), ("label", "Classes"), ("subject", "Subjects")):
        column = [str(rows.columns[name][i]) for i in range(len(rows))]
        words, counts = np.unique(column, return_counts=True)
        bars = [[str(word), int(n)] for word, n in zip(words, counts, strict=True)]
        charts.append({"title": title, "unit": "clips", "bars": bars, "column": name})
    return {
        "facts": facts,
        "charts": charts,
        "tables": [],
        "findings": [],
        "changes": None,
        "lineage": [],
    }
