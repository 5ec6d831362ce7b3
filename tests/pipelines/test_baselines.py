"""A baseline from a release to its two files, on synthesized clips of small protocols."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.evaluate.baselines import (
    EVALUATION,
    BaselineConfig,
    evaluate_baseline,
)
from schemas import PREDICTION
from skeletonllm.clip import Clip
from skeletonllm.corpora.toolkit import labels
from skeletonllm.errors import OutputMismatch, UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.evaluation.baselines import meanings, tcn
from skeletonllm.shards import encode, read_index
from skeletonllm.storage import read_json, read_table
from skeletonllm.storage.layout import PREDICTIONS, table_file
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.actions import nw_ucla_actions
from skeletonllm.tasks import Answer
from skeletonllm.tasks.accuracy import score_accuracy
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.releases import damage_clip, write_manifest, write_shards
from tests.skeletonllm.evaluation.baselines.made_up import embed_by_letters

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context")

NAMES = labels.names("nw_ucla")
ACTED = dict(zip(NAMES, (spec.name for spec in nw_ucla_actions().values()), strict=True))
UNSEEN, KNOWN = "nw_ucla/5-5", "nw_ucla/xview"


def make(label: str, subject: int, camera: str) -> Clip:
    return make_clip(
        synthesize(ACTED[label], subject=subject, seed=subject, fps=8),
        clip_id=f"nw_ucla/{label}/{subject}/{camera}",
        corpus="nw_ucla",
        label=label,
        label_id=NAMES.index(label),
        label_namespace="nw_ucla",
        subject=str(subject),
        camera=camera,
    )


def move(clip: Clip, seed: int, label: str | None = None) -> Clip:
    """The clip with another motion, and perhaps another class."""
    motion = synthesize("hand waving", seed=seed, fps=8)
    frames = tuple(range(motion.num_frames))
    return replace(clip, motion=motion, frame_index=frames, label=label or clip.label)


def write(folder: Path, clips: list[Clip]) -> str:
    write_shards(str(folder), [encode(clip) for clip in clips], per_shard=len(clips))
    return write_manifest(str(folder))


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    """Every class by two subjects, before a training camera and before the test camera."""
    return [make(name, who, camera) for camera in "13" for name in NAMES for who in (1, 2)]


@pytest.fixture(scope="module")
def release(clips: list[Clip], tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(tmp_path_factory.mktemp("whole") / "release", clips)


@pytest.fixture(autouse=True)
def lettered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are embedded without a sentence model, and the network is trained for a moment."""
    monkeypatch.setattr(meanings, "embed_names", lambda names, _: embed_by_letters(names))
    monkeypatch.setattr(tcn.TemporalBaseline, "settings", (1, 2))
    monkeypatch.setattr(tcn.TemporalBaseline, "seeds", (0, 1))


def run(release: str, output: Path, name: str = "ridge", **fields: Any) -> dict[str, Any]:
    given = {"protocol": UNSEEN, **fields}
    return evaluate_baseline(
        BaselineConfig(name=name, release=release, output=str(output), **given)
    )


def test_both_files_say_the_same(release: str, tmp_path: Path) -> None:
    result = run(release, tmp_path / "out")
    assert result == read_json(str(tmp_path / "out" / EVALUATION))
    table = read_table(str(tmp_path / "out" / table_file(PREDICTIONS)), schema=PREDICTION)
    assert PREDICTION.faults(table) == []
    rows = table.to_pylist()
    answers = [
        Answer(r["clip_id"], r["label"], r["candidates"][int(np.argmax(r["scores"]))], 5)
        for r in rows
    ]
    scores = result["results"]["nw_ucla"]
    assert scores["top1"] == score_accuracy(answers).top1
    assert scores["clips"] == len(rows) == 10
    assert scores["candidates"] == [n for n in NAMES if n in get_protocol(UNSEEN).train.unseen]
    assert scores["by_subject"]["subjects"] == 2
    assert scores["shuffled_names"]["mean"] == pytest.approx(0.2, abs=0.03)
    assert result["trained"]["clips"] == 10
    assert not set(result["trained"]["classes"]) & set(scores["candidates"])


@pytest.mark.parametrize("name", ["ridge", "tcn"])
@pytest.mark.parametrize("protocol", [UNSEEN, KNOWN])
def test_of_the_test_part_neither_motions_nor_labels_reach_what_is_learned(
    name: str, protocol: str, clips: list[Clip], release: str, tmp_path: Path
) -> None:
    """All clips that are tested are swapped for others, and their classes are shuffled."""
    seen = get_protocol(protocol).test.select(read_index(release))["clip_id"].to_pylist()
    tested = [clip for clip in clips if clip.clip_id in seen]
    names = [clip.label for clip in tested]
    swapped = {
        clip.clip_id: move(clip, at, (names[3:] + names[:3])[at]) for at, clip in enumerate(tested)
    }
    other = write(tmp_path / "spoiled", [swapped.get(c.clip_id, c) for c in clips])
    assert [len(swapped), len(clips)] == [{UNSEEN: 10, KNOWN: 20}[protocol], 40]
    before = run(release, tmp_path / "before", name, protocol=protocol)
    after = run(other, tmp_path / "after", name, protocol=protocol)
    assert before["trained"] == after["trained"]
    assert before["unanswered"] == after["unanswered"] == []
    tables = [read_table(str(tmp_path / o / table_file(PREDICTIONS))) for o in ("before", "after")]
    assert tables[0]["scores"] != tables[1]["scores"]


def test_a_changed_training_clip_does_reach_what_is_learned(
    clips: list[Clip], release: str, tmp_path: Path
) -> None:
    seen = get_protocol(UNSEEN).train.select(read_index(release))["clip_id"].to_pylist()
    other = [move(clip, 0) if clip.clip_id == seen[0] else clip for clip in clips]
    hashes = [
        run(r, tmp_path / o)["trained"]["sha256"]
        for r, o in ((release, "one"), (write(tmp_path / "changed", other), "two"))
    ]
    assert hashes[0] != hashes[1]


def test_all_seeds_of_a_network_are_told_and_the_first_one_answers(
    release: str, tmp_path: Path
) -> None:
    result = run(release, tmp_path / "out", "tcn")
    scores = result["results"]["nw_ucla"]
    assert scores["by_seed"]["seeds"] == [0, 1]
    assert scores["by_seed"]["top1"][0] == scores["top1"]
    assert scores["by_seed"]["mean"] == pytest.approx(np.mean(scores["by_seed"]["top1"]))
    assert len(set(result["trained"]["sha256"])) == 2
    assert "of 2 seeds: " in scores["remarks"][-1]


def test_a_finished_folder_is_read_and_another_configuration_is_refused(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(release, tmp_path / "out")
    monkeypatch.setattr("pipelines.evaluate.baselines.read_index", pytest.fail)
    assert run(release, tmp_path / "out") == first
    with pytest.raises(OutputMismatch, match=r"config\.protocol = 'nw_ucla/5-5'"):
        run(release, tmp_path / "out", protocol=f"{UNSEEN}@purls")


def test_the_same_request_gives_the_same_bytes(release: str, tmp_path: Path) -> None:
    for output in ("one", "two"):
        run(release, tmp_path / output, "tcn")
    for name in (EVALUATION, table_file(PREDICTIONS), "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_damaged_clips_are_counted_on_both_sides_and_end_nothing(
    clips: list[Clip], tmp_path: Path
) -> None:
    damaged = write(tmp_path / "damaged", clips)
    index, protocol = read_index(damaged), get_protocol(KNOWN)
    first = [v.select(index)["clip_id"][0].as_py() for v in (protocol.train, protocol.test)]
    for clip in first:
        damage_clip(damaged, clip)
    write_manifest(damaged)
    result = run(damaged, tmp_path / "out", protocol=KNOWN)
    assert [len(result[k]) for k in ("left_out_of_training", "unanswered")] == [1, 1]
    assert first[0] in result["left_out_of_training"][0]["message"]
    assert first[1] in result["unanswered"][0]["message"]
    counts = read_json(str(tmp_path / "out" / "manifest.json"))["counts"]
    assert counts == {"trained": 19, "tested": 19, "left_out": 1, "unanswered": 1}


def test_copies_of_training_clips_are_scored_apart(clips: list[Clip], tmp_path: Path) -> None:
    """Synthesized clips of both cameras are the same to the last bit, as some of NW-UCLA are."""
    release = write(tmp_path / "release", clips)
    scores = run(release, tmp_path / "out", protocol=KNOWN)["results"]["nw_ucla"]
    assert scores["leak_free"] == {"clips": 0}


def test_descriptions_are_refused_where_names_are_not_read(release: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ridge of known classes; expected names"):
        run(release, tmp_path / "out", protocol=KNOWN, texts="descriptions")
    result = run(release, tmp_path / "out", texts="descriptions")
    assert len(result["texts_sha256"]) == 64
    assert run(release, tmp_path / "names")["texts_sha256"] is None


def test_a_release_without_clips_of_the_protocol_is_refused(release: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no clip of the release is in the view"):
        run(release, tmp_path / "out", protocol="utd_mhad/xsub")
