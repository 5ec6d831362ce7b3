"""The clips of the comparison, with their rationales, repeated under other names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learning.eye.corpus import load_corpus
from benchmarks.streaming.rivals.truth import COPY
from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.rationales import KinematicTeacher, rationales_to_table
from skeletonllm.synthesis import DEMO_ACTIONS, synthesize
from skeletonllm.testing.clips import make_clip


@dataclass(frozen=True)
class ToldClip:
    """A clip and what the offline teacher tells of it.

    Args:
        clip: The clip.
        rationales: Rows of :data:`schemas.RATIONALE`, as plain data.
    """

    clip: Clip
    rationales: Sequence[Mapping[str, Any]]


def tell_clips(clips: Sequence[Clip], variants: int = 1) -> list[ToldClip]:
    """Each clip with the rationales of the offline teacher.

    Args:
        clips: The clips.
        variants: Rationales of each; 0 for none.
    """
    teacher = KinematicTeacher()
    told = ((clip, list(teacher.rationales(clip, range(variants)))) for clip in clips)
    return [ToldClip(clip, rationales_to_table(rows).to_pylist()) for clip, rows in told]


def load_originals(corpus: str | None, shared: Path, work: Path, count: int) -> list[Clip]:
    """Clips that were recorded, or synthesized ones where no corpus is asked for.

    Args:
        corpus: One of :data:`benchmarks.learning.eye.corpus.PROTOCOLS`, or None.
        shared: Folder of the real files.
        work: Where the table of a corpus is kept.
        count: How many at most.
    """
    if corpus is not None:
        return list(load_corpus(corpus, shared, work).clips[:count])
    return [_synthesize_clip(number) for number in range(count)]


def _synthesize_clip(number: int) -> Clip:
    labels = sorted(DEMO_ACTIONS)
    label = labels[number % len(labels)]
    return make_clip(
        synthesize(label, subject=1 + number % 7, seed=number),
        clip_id=f"lab/{number}",
        label=label,
        label_id=number % len(labels),
        label_namespace="lab",
    )


def repeat_clips(told: Sequence[ToldClip], count: int) -> Iterator[ToldClip]:
    """``count`` clips: the originals over and over, each copy under an id of its own.

    Args:
        told: The originals.
        count: How many in all.
    """
    for number in range(count):
        copy, at = divmod(number, len(told))
        yield _rename(told[at], f"{told[at].clip.clip_id}{COPY}{copy}")


def _rename(told: ToldClip, clip_id: str) -> ToldClip:
    rows = [{**row, "clip_id": clip_id} for row in told.rationales]
    rows = [{**row, "rationale_id": f"{clip_id}#{n}"} for n, row in enumerate(rows)]
    return ToldClip(replace(told.clip, clip_id=clip_id), rows)


def write_truth(told: Sequence[ToldClip], folder: Path) -> None:
    """What every reader must give: the arrays of each original, its label and its rationales.

    Args:
        told: The originals.
        folder: Where ``arrays.npz`` and ``texts.json`` go.
    """
    folder.mkdir(parents=True)
    arrays: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for number, each in enumerate(told):
        motion = each.clip.motion
        arrays |= {f"joints{number}": motion.joints, f"present{number}": motion.present}
        arrays |= {f"confidence{number}": motion.confidence}
        stories = [row["text"] for row in each.rationales]
        texts[each.clip.clip_id] = [number, each.clip.label, stories, _find_quantum(motion)]
    np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)
    (folder / "texts.json").write_text(json.dumps(texts))


def _find_quantum(motion: Motion) -> float:
    """The step of the grid on which both layouts keep a motion that fits into one room."""
    if motion.space == "image":
        return 0.1
    return 2e-4 if motion.metric else 1e-4
