"""Head, rows, texts and motions of a page, made of nothing: the contract between both sides."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skeletonllm.viewer.blocks import deflate, join_motions

LABELS = ("drink water", "wave hand", "kick", "sit down", "stand up", "throw", "hug", "punch")
HOSTILE = "<script>alert(1)</script>"
"""A label that would run, were it not text."""
CORPORA = ("nw_ucla", "utd_mhad", "sbu_kinect")
VERDICTS = ("true", "contradicted", "unverifiable")
FLAGS = ("frozen joints", "bone length varies", "person leaves the picture")
SIDES = ("left", "right", "mid")
JOINTS = {
    "hip": (0.0, 0.0, "mid"),
    "spine": (0.0, 0.3, "mid"),
    "neck": (0.0, 0.55, "mid"),
    "head": (0.0, 0.75, "mid"),
    "left_shoulder": (-0.2, 0.5, "left"),
    "left_elbow": (-0.3, 0.25, "left"),
    "left_hand": (-0.32, 0.0, "left"),
    "right_shoulder": (0.2, 0.5, "right"),
    "right_elbow": (0.3, 0.25, "right"),
    "right_hand": (0.32, 0.0, "right"),
    "left_knee": (-0.12, -0.45, "left"),
    "left_foot": (-0.12, -0.9, "left"),
    "right_knee": (0.12, -0.45, "right"),
    "right_foot": (0.12, -0.9, "right"),
}
EDGES = (
    *((0, 1), (1, 2), (2, 3), (2, 4), (4, 5), (5, 6), (2, 7), (7, 8), (8, 9)),
    *((0, 10), (10, 11), (0, 12), (12, 13)),
)
BLOCK = {"texts": 128, "motions": 64}
COLUMNS = (
    ("clip_id", "Clip", "text"),
    ("label", "Label", "category"),
    ("corpus", "Corpus", "category"),
    ("namespace", "Namespace", "category"),
    ("subject", "Subject", "category"),
    ("camera", "Camera", "category"),
    ("setup", "Setup", "category"),
    ("topology", "Topology", "category"),
    ("seconds", "Seconds", "number"),
    ("frames", "Frames", "number"),
    ("persons", "Persons", "number"),
    ("fps", "Frames a second", "number"),
    ("flags", "Flags", "set"),
    ("verdicts", "Verdicts", "set"),
    ("grounded", "Grounded", "number"),
    ("observed", "Observed", "number"),
    ("rationales", "Rationales", "number"),
    ("splits", "Splits", "set"),
)


@dataclass(frozen=True)
class PageData:
    """What a page holds, packed.

    Args:
        head: As `#sk-head` bears it.
        blocks: Raw deflate by name.
    """

    head: dict[str, Any]
    blocks: dict[str, bytes]


def make_page_data(count: int) -> PageData:
    """Data of so many rows, the same each time."""
    rows = [_row(i) for i in range(count)]
    blocks = {"rows": deflate(json.dumps({"n": count, "columns": _columns(rows)}).encode())}
    texts = range(0, count, BLOCK["texts"])
    for block, start in enumerate(texts):
        said = [_texts(i, rows) for i in range(start, min(start + BLOCK["texts"], count))]
        blocks[f"texts-{block}"] = deflate(json.dumps(said).encode())
    motions = range(0, count, BLOCK["motions"])
    for block, start in enumerate(motions):
        packed = [_motion(i) for i in range(start, min(start + BLOCK["motions"], count))]
        blocks[f"motions-{block}"] = deflate(join_motions(packed))
    counts = {"rows": 1, "texts": len(texts), "motions": len(motions)}
    return PageData(_head(rows, counts), blocks)


def clip_id(row: int) -> str:
    """Name of the clip of a row."""
    return f"{CORPORA[row % 3]}/a{row % len(LABELS):02d}_s{row % 10:02d}_{row:05d}"


def _row(i: int) -> dict[str, Any]:
    random = np.random.default_rng(i)
    shares = zip(VERDICTS, (0.95, 0.06, 0.4), strict=True)
    verdicts = [verdict for verdict, share in shares if _hit(i, verdict, share)]
    return {
        "clip_id": clip_id(i),
        "label": HOSTILE if i == 7 else LABELS[i % len(LABELS)],
        "corpus": CORPORA[i % 3],
        "namespace": CORPORA[i % 3],
        "subject": f"S{i % 10:02d}",
        "camera": f"C{i % 3 + 1}",
        "setup": None,
        "topology": "made",
        "seconds": round(float(random.uniform(1, 8)), 2),
        "frames": int(random.integers(20, 200)),
        "persons": 1 + i % 2,
        "fps": 30,
        "flags": [flag for flag in FLAGS if _hit(i, flag, 0.1)],
        "verdicts": verdicts if i % 11 else [],
        "grounded": round(float(random.uniform(0.4, 1)), 2) if i % 11 else None,
        "observed": round(float(random.uniform(0.6, 1)), 3),
        "rationales": 1 if i % 11 else 0,
        "splits": ["xsub train" if i % 10 < 6 else "xsub test"],
    }


def _hit(i: int, what: str, share: float) -> bool:
    return zlib.crc32(f"{i} {what}".encode()) % 1000 < share * 1000


def _columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: _column(kind, [row[name] for row in rows]) for name, _, kind in COLUMNS}


def _column(kind: str, values: list[Any]) -> dict[str, Any]:
    if kind in ("text", "number"):
        return {"kind": kind, "values": values}
    if kind == "category":
        words = sorted({value for value in values if value is not None})
        return {
            "kind": kind,
            "words": words,
            "codes": [-1 if v is None else words.index(v) for v in values],
        }
    words = sorted({word for value in values for word in value})
    return {
        "kind": "set",
        "words": words,
        "codes": [[words.index(word) for word in value] for value in values],
    }


def _head(rows: list[dict[str, Any]], counts: dict[str, int]) -> dict[str, Any]:
    return {
        "version": 1,
        "mode": "embedded",
        "title": "made 0.1.0",
        "kind": "release",
        "total": len(rows) + 5,
        "shown": len(rows),
        "note": "5 clips are left out: their licence forbids to show them.",
        "overview": _overview(rows),
        "topologies": {
            "made": {
                "joints": list(JOINTS),
                "edges": [list(edge) for edge in EDGES],
                "sides": [side for *_, side in JOINTS.values()],
            }
        },
        "columns": [
            {"name": n, "title": t, "kind": k} | ({"unit": "s"} if n == "seconds" else {})
            for n, t, k in COLUMNS
        ],
        "blocks": counts,
        "block_size": BLOCK,
    }


def _overview(rows: list[dict[str, Any]]) -> dict[str, Any]:
    charts = [
        {"title": title, "unit": "clips", "bars": _bars(rows, column), "column": column}
        for title, column in (
            ("Corpora", "corpus"),
            ("Actions", "label"),
            ("Splits", "splits"),
            ("Verdicts", "verdicts"),
            ("Flags", "flags"),
        )
    ]
    seconds = np.array([row["seconds"] for row in rows])
    counts, ends = np.histogram(seconds, bins=range(1, 9))
    lengths = [[f"{s} to {s + 1} s", int(n)] for s, n in zip(ends[:-1], counts, strict=True)]
    charts.append({"title": "Lengths", "unit": "clips", "bars": lengths})
    return {
        "facts": [["version", "0.1.0"], ["clips", str(len(rows))], ["licence", "CC-BY-4.0"]],
        "charts": charts,
        "tables": [
            {
                "title": "Classes that are taken for each other",
                "head": ["class", "taken for", "share"],
                "rows": [["drink water", "wave hand", "0.12"], ["punch", "throw", "0.08"]],
            }
        ],
        "findings": ["3 clips have no label.", "Files and hashes agree."],
        "changes": "## Since 0.0.9\n\n- 12 clips were **added**\n- `kick` has 3 more clips",
        "lineage": [["made by", "tests/web"], ["commit", "0123abc"]],
    }


def _bars(rows: list[dict[str, Any]], column: str) -> list[list[Any]]:
    counts: dict[str, int] = {}
    for row in rows:
        for word in row[column] if isinstance(row[column], list) else [row[column]]:
            counts[word] = counts.get(word, 0) + 1
    return [[word, n] for word, n in sorted(counts.items(), key=lambda pair: -pair[1])]


def _texts(i: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    row = rows[i]
    negatives = [label for label in LABELS if label != row["label"]][:3]
    return {
        "rationales": [_rationale(i, row)] if row["rationales"] else [],
        "captions": [{"text": f"Someone does: {row['label']}.", "start_s": 0.0, "end_s": 1.0}],
        "negatives": [[label, f"kinematics 0.{9 - k}"] for k, label in enumerate(negatives)],
        "example_rows": [
            LABELS.index(label) if LABELS.index(label) < len(rows) else -1 for label in negatives
        ],
        "questions": [],
        "lineage": [["file", f"made/{i:05d}.txt"], ["reader", "made"], ["licence", "CC-BY-4.0"]],
        "pictures": [],
    }


def _rationale(i: int, row: dict[str, Any]) -> dict[str, Any]:
    step_s = row["seconds"] / max(1, len(row["verdicts"]))
    steps = [
        {
            "text": f"The right hand rises by {10 + i % 30} cm.",
            "start_s": round(k * step_s, 2),
            "end_s": round((k + 1) * step_s, 2),
            "verdict": verdict,
            "measured": f"it rises by {i % 25} cm",
            "joints": [9],
        }
        for k, verdict in enumerate(row["verdicts"])
    ]
    return {
        "teacher": "made teacher",
        "status": "accepted",
        "grounded": row["grounded"],
        "text": f"The hand goes up, so this is: {row['label']}. Unusual{i}word.",
        "variant": "plain",
        "steps": steps,
        "prompt_sha256": "0" * 64,
        "usd": 0.001,
    }


def _motion(i: int) -> bytes:
    frames, persons, joints = 20 + i % 20, 1 + i % 2, len(JOINTS)
    rest = np.array([(x, y, 3.0) for x, y, _ in JOINTS.values()])
    positions = np.tile(rest, (frames, persons, 1, 1))
    phase = np.arange(frames) / 10 * (1 + i % 3)
    positions[:, :, 9, 1] += 0.5 * (1 - np.cos(phase))[:, None]
    positions[:, :, 11, 2] += 0.2 * np.sin(phase)[:, None]
    positions[..., 0] += 0.9 * np.arange(persons)[:, None]
    observed = np.ones((frames, persons, joints), bool)
    observed[: frames // 3, :, 6] = False
    return _pack_motion(positions, observed)


def _pack_motion(positions: NDArray[np.float64], observed: NDArray[np.bool_]) -> bytes:
    frames, persons, joints, _ = positions.shape
    scale, origin = 0.01, positions.reshape(-1, 3).min(axis=0)
    steps = np.round((positions - origin) / scale).astype(np.int32)
    moves = np.diff(steps, axis=0, prepend=np.zeros_like(steps[:1])).astype("<i2").ravel()
    about = {
        "fps": 10,
        "t0": 0,
        "frames": frames,
        "persons": persons,
        "joints": joints,
        "topology": "made",
        "scale": scale,
        "origin": origin.tolist(),
        "unit": "m",
        "space": "camera",
        "source_fps": 30,
        "source_frames": frames * 3,
    }
    text = json.dumps(about).encode()
    halves = moves.view(np.uint8).reshape(-1, 2)
    mask = np.packbits(observed.ravel(), bitorder="little")
    low_high = halves[:, 0].tobytes() + halves[:, 1].tobytes()
    return struct.pack("<I", len(text)) + text + mask.tobytes() + low_high
