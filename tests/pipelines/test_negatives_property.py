"""Whatever the view and whatever the clips: nothing of a clip or class that it hides gets through.

Without Ray: what a unit and the driver do is called here as the stage calls it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import negatives
from pipelines.negatives import Outside, describe_unit, pair_unit, rank_classes
from schemas import CLIP_NEGATIVE, NEGATIVE, PREDICTION
from schemas.negative import SOURCES
from skeletonllm.clip import Clip
from skeletonllm.evaluation.classes import find_classes
from skeletonllm.motion import Motion
from skeletonllm.negatives.confusions import tally_predictions
from skeletonllm.negatives.embeddings import TFIDF
from skeletonllm.negatives.mining import find_neighbours
from skeletonllm.storage import Unit, read_table, write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.processes import read_folder
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.views.view import NamedView, View

LABELS = ("bow", "clap", "kick", "point", "wave")
SUBJECTS, CAMERAS = ("1", "2", "3", "4"), ("left", "right")
MOTION = synthesize("hand waving", seed=0, fps=5)


def describe(motion: Motion) -> np.ndarray[Any, Any]:
    """In the place of the real descriptor: it is fast, and differs from clip to clip."""
    digest = hashlib.sha256(motion.joints.tobytes()).digest()
    return np.frombuffer(digest, np.uint8)[:8].astype(float) / 32


@pytest.fixture(autouse=True)
def quick_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(negatives, "compute_descriptor", describe)


def some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...] | None]:
    chosen = st.lists(st.sampled_from(names), min_size=1, unique=True)
    return st.none() | chosen.map(lambda found: tuple(sorted(found)))


@st.composite
def views(draw: st.DrawFn) -> View:
    unseen = draw(some(LABELS)) or ()
    labels = draw(some(LABELS))
    kept = None if labels is None else tuple(n for n in labels if n not in unseen)
    return View(
        subjects=draw(some(SUBJECTS)), cameras=draw(some(CAMERAS)), labels=kept, unseen=unseen[:3]
    )


CLIPS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(SUBJECTS), st.sampled_from(CAMERAS)),
    min_size=4,
    max_size=40,
)


def make_clips(facts: list[tuple[str, str, str]]) -> list[Clip]:
    made = []
    for number, (label, subject, camera) in enumerate(facts):
        motion = replace(MOTION, joints=MOTION.joints + np.float32(number / 100))
        about = {"label": label, "label_id": LABELS.index(label), "label_namespace": "lab"}
        where = {"subject": subject, "camera": camera, "clip_id": f"lab/{number:03d}"}
        made.append(make_clip(motion, corpus="lab", **where, **about))  # type: ignore[arg-type]
    return made


def write_predictions(url: str, clips: list[Clip]) -> str:
    """Of a model that takes every clip for classes that may be unseen."""
    rows = [
        {
            "clip_id": clip.clip_id,
            "label_namespace": "lab",
            "label": clip.label,
            "candidates": list(LABELS),
            "scores": [float(len(name)) for name in LABELS],
        }
        for clip in clips
    ]
    write_table(url, pa.Table.from_pylist(rows, schema=PREDICTION.arrow))
    return url


def mine(root: str, clips: list[Clip], named: NamedView) -> Path:
    """The stage as a driver without Ray would run it."""
    folder, output = write_clips_folder(f"{root}/clips", clips), f"{root}/negatives"
    unit = Unit(0, (f"{folder}/parts/part-00000.parquet",))
    seen = [clip for clip in clips if sees(named.view, clip)]
    url = write_predictions(f"{root}/predictions.parquet", seen)
    tallies = tally_predictions(url, [folder], [named], find_classes([folder], [named]))
    teacher = {label: {"teacher": {n: 0.5 for n in LABELS if n != label}} for label in LABELS}
    told = {
        key: {name: {**said, **tally.to_sources().get(name, {})} for name, said in teacher.items()}
        for key, tally in tallies.items()
    }
    reasons = {key: {"confusions": tally.to_reasons()} for key, tally in tallies.items()}
    describe_unit(unit, output=output, views=(named,))
    mined = rank_classes(output, (named,), Outside(told, reasons, {}), TFIDF)
    among = {one.key: find_neighbours(one, 2) for one in mined}
    pair_unit(unit, output=output, views=(named,), among=among)
    return Path(output)


def sees(view: View, clip: Clip) -> bool:
    facts = {"subject": clip.subject, "camera": clip.camera}
    allowed = {"subject": view.subjects, "camera": view.cameras}
    inside = all(names is None or facts[name] in names for name, names in allowed.items())
    return inside and view.shows(str(clip.label))


def named_in(row: dict[str, Any]) -> Iterator[str]:
    yield row["label"]
    yield row["candidate"]


@given(view=views(), facts=CLIPS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_that_a_view_hides_is_in_any_row_or_changes_one(
    view: View, facts: list[tuple[str, str, str]]
) -> None:
    named, clips = NamedView("lab/random", view), make_clips(facts)
    shown = [clip for clip in clips if sees(view, clip)]
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        output = mine(one, clips, named)
        ranking = read_table(str(output / "parts/part-00000.parquet"), schema=NEGATIVE)
        pairs = read_table(str(output / "clip_negatives/part-00000.parquet"), schema=CLIP_NEGATIVE)
        assert NEGATIVE.faults(ranking) == []
        assert CLIP_NEGATIVE.faults(pairs) == []
        seen = {str(clip.label) for clip in shown}
        for row in ranking.to_pylist():
            assert set(named_in(row)) <= seen
            assert {source["name"] for source in row["sources"]} <= set(SOURCES)
        classes = {clip.clip_id: clip.label for clip in shown}
        for row in pairs.to_pylist():
            assert classes[row["clip_id"]] != classes[row["candidate_clip_id"]]
        if shown:  # as if the other clips had never been there: no source has looked at them
            assert read_folder(mine(other, shown, named)) == read_folder(output)
