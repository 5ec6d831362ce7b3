"""Negatives of protocols, from clips to a stream: no unseen class, no clip of a test part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines.negatives import NegativesConfig, mine_negatives
from pipelines.shards import ShardsConfig, build_shards
from schemas import CLIP_NEGATIVE, NEGATIVE, PREDICTION
from skeletonllm.clip import Clip
from skeletonllm.errors import OutputMismatch, UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.negatives.embeddings import find_embedder
from skeletonllm.release import cut_release, describe_release, verify_release
from skeletonllm.storage import iter_tables, read_json, read_table, write_table
from skeletonllm.stream.stream import Stream
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.processes import read_folder
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.topology import KINECT_V1
from skeletonllm.views.view import View

PROTOCOLS = ("nw_ucla/5-5", "nw_ucla/8-2")
PROTOCOL_OF_8 = get_protocol(PROTOCOLS[1]).train
CLASSES = get_protocol("nw_ucla/xview").train.labels or ()

pytestmark = pytest.mark.ray


def make(label: str, camera: str) -> Clip:
    """Moves the more the higher the number of its camera: who looks at a test clip shows it."""
    number = CLASSES.index(label)
    motion = synthesize("hand waving", seed=number + 10 * int(camera), fps=5, topology=KINECT_V1)
    return make_clip(
        motion,
        clip_id=f"nw_ucla/a{number:02d}_v{camera}",
        corpus="nw_ucla",
        label=label,
        label_id=number,
        label_namespace="nw_ucla",
        camera=camera,
    )


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Views 1 and 2 of all classes, and the test view 3 in a folder of its own."""
    root = tmp_path_factory.mktemp("clips")
    train = [make(label, camera) for label in CLASSES for camera in "12"]
    test = [make(label, "3") for label in CLASSES]
    return (
        write_clips_folder(str(root / "train"), train),
        write_clips_folder(str(root / "test"), test),
    )


@pytest.fixture(scope="module")
def mined(
    clips: tuple[str, str], local_ray: None, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    output = tmp_path_factory.mktemp("mined") / "negatives"
    manifest = mine_negatives(NegativesConfig(clips, str(output), PROTOCOLS[::-1]))
    # Each clip has 2 clips of each of the 5 hardest classes; the smaller view has 4 others.
    pairs = 2 * (5 * 4 + 8 * 5) * 2
    assert manifest["counts"] == {"classes": 8, "pairs": 5 * 4 + 8 * 7, "clip_pairs": pairs}
    return output


@pytest.fixture(scope="module")
def release(clips: tuple[str, str], mined: Path) -> str:
    root = mined.parent
    shards = str(root / "shards")
    build_shards(ShardsConfig(clips=clips, output=shards, negatives=str(mined)))
    given = {"shards_dir": shards, "clips_dirs": clips, "negatives_dir": str(mined)}
    return cut_release(str(root), "ucla", "1.0.0", code="test", **given)  # type: ignore[arg-type]


def rows_of(folder: Path) -> list[dict[str, object]]:
    table = read_table(str(folder / "parts" / "part-00000.parquet"), schema=NEGATIVE)
    assert NEGATIVE.faults(table) == []
    rows: list[dict[str, object]] = table.to_pylist()
    return rows


def test_no_unseen_class_is_in_any_row_and_every_seen_one_is(mined: Path) -> None:
    rows = rows_of(mined)
    assert {row["view"] for row in rows} == set(PROTOCOLS)
    for name in PROTOCOLS:
        view = get_protocol(name).train
        mine = [row for row in rows if row["view"] == name]
        assert {row["view_sha256"] for row in mine} == {view.sha256}
        named = {str(row[column]) for row in mine for column in ("label", "candidate")}
        assert named == set(view.labels or ())
        assert not named & set(view.unseen)
        assert len(mine) == len(named) * (len(named) - 1)


def test_no_clip_of_a_test_part_or_of_an_unseen_class_is_looked_at(
    clips: tuple[str, str], mined: Path, tmp_path: Path
) -> None:
    described = [r for _, t in iter_tables(str(mined / "descriptors")) for r in t.to_pylist()]
    assert {row["clip_id"][-2:] for row in described} == {"v1", "v2"}
    for row in described:
        views = [
            name for name in PROTOCOLS if row["label"] in (get_protocol(name).train.labels or ())
        ]
        assert row["views"] == views
    mine_negatives(NegativesConfig(clips[:1], str(tmp_path / "without"), PROTOCOLS))
    assert rows_of(tmp_path / "without") == rows_of(mined)
    mine_negatives(NegativesConfig(clips, str(tmp_path / "one"), PROTOCOLS[:1]))
    one = rows_of(tmp_path / "one")
    assert one == [row for row in rows_of(mined) if row["view"] == PROTOCOLS[0]]


def test_without_a_protocol_all_labelled_clips_are_mined(
    clips: tuple[str, str], mined: Path, tmp_path: Path
) -> None:
    mine_negatives(NegativesConfig(clips, str(tmp_path / "all")))
    rows = rows_of(tmp_path / "all")
    assert {(row["view"], row["view_sha256"]) for row in rows} == {("all", None)}
    assert len(rows) == 10 * 9
    assert list(read_json(str(tmp_path / "all" / "plan.json"))["config"]) == [
        "clips",
        "embedder",
        "nearest",
    ]


def test_nearest_clips_are_training_clips_of_the_hardest_classes(mined: Path) -> None:
    tables = [t for _, t in iter_tables(str(mined / "clip_negatives"), schema=CLIP_NEGATIVE)]
    rows = [row for table in tables for row in table.to_pylist()]
    assert all(CLIP_NEGATIVE.faults(table) == [] for table in tables)
    for name in PROTOCOLS:
        view = get_protocol(name).train
        mine = [row for row in rows if row["view"] == name]
        assert {row["view_sha256"] for row in mine} == {view.sha256}
        named = {row[c] for row in mine for c in ("clip_id", "candidate_clip_id")}
        assert {clip_id[-2:] for clip_id in named} == {"v1", "v2"}
        assert {CLASSES[int(c.split("/a")[1][:2])] for c in named} == set(view.labels or ())


def test_how_the_sources_were_fused_is_written_down(mined: Path) -> None:
    told = read_json(str(mined / "fusion.json"))
    assert told["embedder"] == find_embedder()
    assert [ranking["view"] for ranking in told["rankings"]] == list(PROTOCOLS)
    for ranking in told["rankings"]:
        assert ranking["why"] == "equal: fewer than 4 clips a class"
        assert sum(ranking["weights"].values()) == pytest.approx(1.0)


def test_confusions_of_a_model_are_one_more_source_and_test_clips_are_refused(
    clips: tuple[str, str], local_ray: None, tmp_path: Path
) -> None:
    trained = [f"nw_ucla/a{number:02d}_v1" for number in range(len(CLASSES))]
    seen = [i for i, label in enumerate(CLASSES) if label in (PROTOCOL_OF_8.labels or ())]

    def predict(*clip_ids: str) -> str:
        rows = [
            {
                "clip_id": c,
                "label": CLASSES[int(c[9:11])],
                "candidates": CLASSES,
                "scores": range(10),
            }
            for c in clip_ids
        ]
        table = pa.Table.from_pylist(rows, schema=PREDICTION.arrow)
        write_table(str(tmp_path / "p.parquet"), table)
        return str(tmp_path / "p.parquet")

    def configure(url: str) -> NegativesConfig:
        return NegativesConfig(clips, str(tmp_path / "n"), PROTOCOLS[1:], confusions=url, nearest=0)

    with pytest.raises(UsageError, match=r"predictions of clips such as 'nw_ucla/a01_v3'"):
        mine_negatives(configure(predict("nw_ucla/a01_v3")))
    with pytest.raises(UsageError, match="no such file"):
        mine_negatives(configure(str(tmp_path / "none.parquet")))
    assert not (tmp_path / "n").exists()
    manifest = mine_negatives(configure(predict(*(trained[i] for i in seen))))
    assert manifest["counts"] == {"classes": 8, "pairs": 56, "predictions": 8}
    assert "confusions" in manifest["config"]
    for row in rows_of(tmp_path / "n"):
        assert [s["name"] for s in row["sources"]][-1:] == ["confusions"]  # type: ignore[attr-defined]
    assert not (tmp_path / "n" / "clip_negatives").exists()


def test_a_rerun_changes_nothing_and_other_protocols_are_another_plan(
    clips: tuple[str, str], mined: Path
) -> None:
    before = read_folder(mined)
    mine_negatives(NegativesConfig(clips, str(mined), PROTOCOLS))
    assert read_folder(mined) == before
    for protocols in ((), PROTOCOLS[:1], ("nw_ucla/xview",)):
        with pytest.raises(OutputMismatch, match="protocols"):
            mine_negatives(NegativesConfig(clips, str(mined), protocols))


def test_a_protocol_that_no_clip_is_of_is_refused_before_anything_is_written(
    clips: tuple[str, str], local_ray: None, tmp_path: Path
) -> None:
    said = r"no training clip of protocol 'ntu60/xsub'; the clips have .*'corpus': \['nw_ucla'\]"
    with pytest.raises(UsageError, match=said):
        mine_negatives(NegativesConfig(clips, str(tmp_path), ("nw_ucla/8-2", "ntu60/xsub")))
    with pytest.raises(UsageError, match="no training clip of protocol 'nw_ucla/8-2'; .*'camera'"):
        mine_negatives(NegativesConfig(clips[1:], str(tmp_path), ("nw_ucla/8-2",)))
    assert list(tmp_path.iterdir()) == []


def test_a_release_holds_two_protocols_and_each_stream_takes_its_own(
    release: str, mined: Path
) -> None:
    assert verify_release(release) == []
    told = describe_release(release)["views"]
    assert [(v["name"], v["rows"]) for v in told["negatives"]] == [
        (PROTOCOLS[0], 20),
        (PROTOCOLS[1], 56),
    ]
    for folder in (release, str(mined.parent / "shards")):
        for name in PROTOCOLS:
            view = get_protocol(name).train
            stream = Stream(
                folder, view, batch_size=len(view.labels or ()) * 2, needs=("negatives",)
            )
            for sample in next(iter(stream)):
                assert {*sample.negatives, sample.label} == set(view.labels or ())


def test_a_stream_of_another_protocol_refuses_with_all_names(release: str, mined: Path) -> None:
    view = get_protocol("nw_ucla/xview").train
    said = (
        r"negatives of 'nw_ucla/5-5' \(.*\), 'nw_ucla/8-2' \(.*\); "
        r"expected those of 'nw_ucla/xview'"
    )
    for folder in (release, str(mined.parent / "shards")):
        with pytest.raises(UsageError, match=said):
            Stream(folder, view, batch_size=1, name="nw_ucla/xview", needs=("negatives",))
        (sample,) = next(iter(Stream(folder, view, batch_size=1)))
        assert np.isfinite(sample.motion.joints).all()  # a stage without negatives goes on
    with pytest.raises(UsageError, match="expected those of 'all'"):
        Stream(release, View(), batch_size=1, needs=("negatives",))


def test_the_card_and_the_manifest_name_the_protocols_and_their_hashes(release: str) -> None:
    card = Path(release, "README.md").read_text()
    views = read_json(f"{release}/manifest.json")["views"]
    assert views["rationales"] == []
    for made in views["negatives"]:
        assert made["sha256"] == get_protocol(made["name"]).train.sha256
        whose = f"training clips of {made['name']}"
        assert f"| negatives | {whose} | `{made['sha256']}` | {made['rows']} |" in card
