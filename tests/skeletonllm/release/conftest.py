"""Finished stage folders of two small corpora, as the pipelines write them, and a release."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from schemas import RATIONALE, REJECT
from skeletonllm.clip import Caption, Clip
from skeletonllm.negatives import rank_negatives
from skeletonllm.release import cut_release
from skeletonllm.shards import encode
from skeletonllm.storage import iter_tables, join, sha256_of, write_table
from skeletonllm.storage.layout import INDEX, PARTS, REJECTS
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip as make_tiny_clip
from skeletonllm.testing.releases import write_shards
from skeletonllm.testing.stage_folders import finish_stage, write_clips_folder
from skeletonllm.topology import COCO_17, KINECT_V2
from skeletonllm.views.questions import QUESTIONS, add_question_counts
from tests.skeletonllm.views.test_questions import question, table_of

ACTIONS = ("hand waving", "jump up", "sit down")
PER_SHARD = 5


def clip(corpus: str, number: int, *, licence: str, image: bool = False) -> Clip:
    action = ACTIONS[number % len(ACTIONS)]
    topology = COCO_17 if image else KINECT_V2
    space = "image" if image else "camera"
    motion = synthesize(action, topology=topology, subject=number % 4, seed=number, space=space)
    motion = motion.select_frames(np.arange(0, motion.num_frames, 4))
    return make_tiny_clip(
        motion,
        clip_id=f"{corpus}/{number:03d}",
        corpus=corpus,
        source_uri=f"raw/{number:03d}.skeleton",
        source_sha256=f"{number:064x}",
        label=action,
        label_id=ACTIONS.index(action),
        label_namespace="toy",
        captions=(Caption("someone moves"),) if number % 2 else (),
        subject=f"S{number % 4}",
        flags=("filled_gaps",) if number == 1 else (),
        licence=licence,
        profile="clean@1",
    )


def write_clips(folder: str, clips: list[Clip]) -> str:
    message = "empty <file> & 'more'"
    reject = {"source_uri": "raw/x", "stage": "normalize", "code": "empty", "message": message}
    return write_clips_folder(folder, clips, [reject])


def rationale(made: Clip, grounded: float) -> dict[str, Any]:
    step = {"id": 0, "start_s": 0.0, "end_s": 1.0, "person": 0, "side": "left", "part": "hand"}
    told = {"motion": "raise", "target": "", "direction": "up", "count": 1, "causes": []}
    judged = {"text": "the left hand rises", "verdict": "true", "measured": 0.4}
    return {
        "rationale_id": f"{made.clip_id}#0",
        "clip_id": made.clip_id,
        "variant": 0,
        "attempt": 0,
        "steps": [{**step, **told, **judged}],
        "summary": "a hand rises",
        "text": f"The left hand rises.\nLabel: {made.label}",
        "label": made.label,
        "grounded": grounded,
        "status": "accepted",
        "teacher": "kinematic",
        "prompt_sha256": "a" * 64,
        "request_sha256": "b" * 64,
        "tokens_in": 10,
        "tokens_out": 5,
        "usd": 0.25,
        "finish_reason": None,
        "answer_sha256": None,
        "agreement": None,
        "facts_given": False,
        "views": None,
        "flags": None,
    }


def write_stages(
    root: Path, *corpora: list[Clip], explained: bool = True, asked: bool = False
) -> dict[str, Any]:
    """All stage folders below ``root``, as keyword arguments of ``cut_release``; of two corpora.

    Without ``explained`` there are neither negatives nor rationales; with ``asked`` there is a
    question about each of the first clips.
    """
    first, second = corpora or (
        [clip("alpha", i, licence="cc-by-4.0") for i in range(8)],
        [clip("beta", i, licence="nw_ucla", image=True) for i in range(3)],
    )
    folders = [write_clips(str(root / "alpha"), first), write_clips(str(root / "beta"), second)]
    sources = {folder: sha256_of(join(folder, "manifest.json"))[0] for folder in folders}
    if not explained:
        shards = write_shards_stage(str(root / "shards"), [*first, *second], {}, sources)
        return {"shards_dir": shards, "clips_dirs": folders}
    negatives, rationales = str(root / "negatives"), str(root / "rationales")
    ranking = rank_negatives("toy", ACTIONS, {})
    write_table(join(negatives, PARTS, "part-00000.parquet"), ranking)
    finish_stage(negatives, "mine_negatives", {"clips": sources}, {"pairs": len(ranking)})
    labelled = [c for c in (first if first[0].label else second) if c.label]
    told = {c.clip_id: rationale(c, 1 - i / 10) for i, c in enumerate(labelled)}
    table = pa.Table.from_pylist(list(told.values()), schema=RATIONALE.arrow)
    write_table(join(rationales, PARTS, "part-00000.parquet"), table)
    none = REJECT.arrow.empty_table()
    write_table(join(rationales, REJECTS, "part-00000.parquet"), none)
    finish_stage(rationales, "build_rationales", {"clips": sources}, {"rationales": len(told)})
    inputs = {f: sha256_of(join(f, "manifest.json"))[0] for f in (*folders, negatives, rationales)}
    asked_about = [clip.clip_id for clip in first[:3]] if asked else []
    shards = write_shards_stage(
        str(root / "shards"), [*first, *second], told, inputs, asked_about=asked_about
    )
    return {
        "shards_dir": shards,
        "clips_dirs": folders,
        "negatives_dir": negatives,
        "rationales_dir": rationales,
    }


def write_shards_stage(
    folder: str,
    clips: list[Clip],
    told: dict[str, Any],
    inputs: dict[str, str],
    asked_about: Sequence[str] = (),
) -> str:
    samples = [encode(c, [told[c.clip_id]] if c.clip_id in told else []) for c in clips]
    write_shards(folder, samples, PER_SHARD)
    if asked_about:
        write_questions(folder, asked_about)
    counts = {"samples": len(clips), "shards": -(-len(clips) // PER_SHARD)}
    return finish_stage(folder, "build_shards", {"inputs": inputs}, counts)


def write_questions(shards: str, clip_ids: Sequence[str]) -> None:
    """A question about each of these clips beside the tars, counted in the index."""
    asked = table_of(*(question(clip_id, number) for number, clip_id in enumerate(clip_ids)))
    write_table(join(shards, QUESTIONS), asked)
    for name, part in list(iter_tables(join(shards, INDEX))):
        write_table(join(shards, INDEX, name), add_question_counts(part, asked))


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Read only: keyword arguments of ``cut_release``."""
    return write_stages(tmp_path_factory.mktemp("stages"))


@pytest.fixture(scope="session")
def make_stages() -> Callable[..., dict[str, Any]]:
    return write_stages


@pytest.fixture(scope="session")
def make_clip() -> Callable[..., Clip]:
    return clip


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory, stages: dict[str, Any]) -> Path:
    """A release, read only."""
    root = tmp_path_factory.mktemp("releases")
    return Path(cut_release(str(root), "toy", "1.0.0", code="test", **stages))


@pytest.fixture(scope="session")
def pristine_asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with questions, read only."""
    given = write_stages(tmp_path_factory.mktemp("asked-stages"), asked=True)
    root = tmp_path_factory.mktemp("asked")
    return Path(cut_release(str(root), "toy", "1.0.0", code="test", **given))


@pytest.fixture
def asked(tmp_path: Path, pristine_asked: Path) -> Path:
    """A copy of a release with questions that a test may damage."""
    return Path(shutil.copytree(pristine_asked, tmp_path / "asked"))


@pytest.fixture
def release(tmp_path: Path, pristine: Path) -> Path:
    """A copy of the release that a test may damage."""
    return Path(shutil.copytree(pristine, tmp_path / "release"))
