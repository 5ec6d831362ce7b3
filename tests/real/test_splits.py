"""The splits against the facts file, the names of NTU RGB+D, and the lists of CTR-GCN."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import SAMPLE
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.kinect.ntu_rgbd import facts_of_name
from skeletonllm.corpora.missing_lists import MissingList, cross_check, read_missing_list
from skeletonllm.corpora.toolkit import labels
from skeletonllm.evaluation import get_protocol, list_protocols
from skeletonllm.evaluation.coverage import COLUMNS, Coverage, measure_coverage

pytestmark = pytest.mark.real

NTU = {"ntu60": "NTU_RGBD", "ntu120": "NTU_RGBD120"}
STATISTICS = {"ntu60": "data/ntu/statistics", "ntu120": "data/ntu120/statistics"}
NAMED = ("utd_mhad", "msr_action3d", "sbu_kinect")


@pytest.fixture(scope="module")
def facts(shared: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((shared / "facts" / "benchmarks.json").read_text())
    return data


@pytest.fixture(scope="module")
def lists(shared: Path) -> dict[str, MissingList]:
    folder = shared / "data" / "samples" / "ntu_rgbd_lists"
    paths = {k: folder / f"{v}_samples_with_missing_skeletons.txt" for k, v in NTU.items()}
    return {corpus: read_missing_list(str(path)) for corpus, path in paths.items()}


def ctr_gcn(shared: Path, path: str) -> str:
    """A file of CTR-GCN (Chen et al., ICCV 2021) from a copy beside the checkout."""
    repository = shared.parent / ".mirror" / "Uason-Chen+CTR-GCN" / "repo"
    if not repository.is_dir():
        pytest.skip("needs a copy of CTR-GCN's repository")
    call = ["git", "-C", str(repository), "show", f"HEAD:{path}"]
    return subprocess.run(call, capture_output=True, check=True, text=True).stdout


def table(rows: list[dict[str, Any]]) -> pa.Table:
    schema = pa.schema([SAMPLE.arrow.field(name) for name in COLUMNS])
    return pa.Table.from_pylist(rows, schema=schema)


def covered(rows: list[dict[str, Any]]) -> dict[str, Coverage]:
    return {cover.protocol: cover for cover in measure_coverage(table(rows))}


def ntu_row(name: str) -> dict[str, Any]:
    known = {k: v for k, v in facts_of_name(name).items() if k in COLUMNS}
    common = {"corpus": "ntu_rgbd", "topology": "kinect_v2", "motion_sha256": name}
    return {"clip_id": f"ntu_rgbd/{name}", **common, **known}


def numbers(names: tuple[str, ...] | None) -> list[int]:
    return [int(name) for name in names or ()]


@pytest.mark.parametrize("corpus", NTU)
def test_ntu_is_as_in_the_facts(corpus: str, facts: dict[str, Any]) -> None:
    known = facts[corpus]
    xsub = get_protocol(f"{corpus}/xsub")
    train, test = numbers(xsub.train.subjects), numbers(xsub.test.subjects)
    assert train == sorted(known["xsub_train_subjects"])
    assert sorted(train + test) == list(range(1, known["subjects"] + 1))
    first, last = known["actions"]
    names = [facts["ntu_action_names"][str(n)] for n in range(first, last + 1)]
    assert list(xsub.train.labels or ()) == list(xsub.test.labels or ()) == names
    for count, missing in zip(xsub.counts, (0, known["clips_with_missing_skeletons"]), strict=True):
        assert count.train + count.test == known["clips"] - missing
    if corpus == "ntu60":
        xview = get_protocol("ntu60/xview")
        assert numbers(xview.train.cameras) == known["xview_train_cameras"]
        assert numbers(xview.test.cameras) == known["xview_test_cameras"]
    else:
        xset = get_protocol("ntu120/xset")
        assert numbers(xset.train.setups) == list(range(2, 33, 2))
        assert numbers(xset.test.setups) == list(range(1, 33, 2))


@pytest.mark.parametrize("corpus", [*NAMED, "nw_ucla"])
def test_smaller_corpora_are_as_in_the_facts(corpus: str, facts: dict[str, Any]) -> None:
    known = facts[corpus]
    for name in list_protocols():
        if name.startswith(f"{corpus}/"):
            protocol = get_protocol(name)
            shown = {*(protocol.train.labels or ()), *(protocol.test.labels or ())}
            assert shown <= set(known["actions"].values())
    first = get_protocol(next(n for n in list_protocols() if n.startswith(f"{corpus}/")))
    assert first.train.labels == tuple(known["actions"].values())
    if "xsub_train_subjects" in known:
        assert numbers(first.train.subjects) == known["xsub_train_subjects"]
        assert numbers(first.test.subjects) == known["xsub_test_subjects"]
        assert first.counts[0].train + first.counts[0].test == known["clips"]
    if corpus == "nw_ucla":
        assert numbers(first.train.cameras) == known["xview_train_views"]
        assert numbers(first.test.cameras) == known["xview_test_views"]


def test_zero_shot_splits_are_as_in_the_facts_disjoint_and_complete(facts: dict[str, Any]) -> None:
    checked = 0
    for corpus in ("ntu60", "ntu120", "utd_mhad", "nw_ucla"):
        namespace = "ntu" if corpus in NTU else corpus
        everything = get_protocol(f"{corpus}/{'xview' if corpus == 'nw_ucla' else 'xsub'}")
        known = facts[corpus]
        key = "zero_shot_unseen_action_i" + ("ndex" if corpus == "nw_ucla" else "ds")
        by_number = (
            dict(enumerate(labels.names(namespace), 1))
            if corpus == "nw_ucla"
            else labels.actions(namespace)
        )
        for split, unseen in known[key].items():
            protocol = get_protocol(f"{corpus}/{split.replace('/', '-')}")
            seen, judged = set(protocol.train.labels or ()), set(protocol.test.labels or ())
            assert judged == {by_number[n] for n in unseen} == set(protocol.train.unseen)
            assert not seen & judged
            assert seen | judged == set(everything.train.labels or ())
            assert f"{len(seen)}/{len(judged)}" == split
            checked += 1
    assert checked == 4 + 4 + 3 + 2
    assert sum(name.split("/")[1][0].isdigit() for name in list_protocols()) == checked + 3 + 2


@pytest.mark.parametrize("corpus", NTU)
def test_every_name_of_ntu_gives_the_published_counts(
    corpus: str, shared: Path, lists: dict[str, MissingList], facts: dict[str, Any]
) -> None:
    text = ctr_gcn(shared, f"{STATISTICS[corpus]}/skes_available_name.txt")
    readable, missing = set(text.split()), set(lists[corpus].names)
    assert not readable & missing
    everything = [ntu_row(name) for name in sorted(readable | missing)]
    assert len(everything) == facts[corpus]["clips"]
    recorded = covered(everything)
    left = covered([ntu_row(name) for name in sorted(readable)])
    supervised = [n for n in list_protocols() if n.startswith(f"{corpus}/x")]
    assert len(supervised) == 2
    for name in supervised:
        assert recorded[name].whole == get_protocol(name).counts[0].of
        assert left[name].whole == get_protocol(name).counts[1].of
        assert recorded[name].faults() == left[name].faults() == []


def test_the_60_classes_are_the_first_17_setups(shared: Path) -> None:
    names = ctr_gcn(shared, "data/ntu120/statistics/skes_available_name.txt").split()
    first = {name for name in names if int(name[-3:]) <= 60}
    assert first == {name for name in names if int(name[1:4]) <= 17}
    assert max(int(name[9:12]) for name in first) == 40


@pytest.mark.parametrize("corpus", NTU)
def test_copies_of_the_official_lists_are_one_list(
    corpus: str, shared: Path, lists: dict[str, MissingList], tmp_path: Path, facts: dict[str, Any]
) -> None:
    name = "NTU_RGBD120_samples_with_missing_skeletons.txt"
    file = name if corpus == "ntu120" else "samples_with_missing_skeletons.txt"
    (tmp_path / file).write_text(ctr_gcn(shared, f"{STATISTICS[corpus]}/{file}"))
    assert read_missing_list(str(tmp_path / file)).names == lists[corpus].names
    assert len(lists[corpus].names) == facts[corpus]["clips_with_missing_skeletons"]
    assert set(lists["ntu60"].names) < set(lists["ntu120"].names)


def test_the_real_ntu_files_bear_the_lists_out(shared: Path, lists: dict[str, MissingList]) -> None:
    reader = get_reader("ntu_rgbd")
    clips, rejects = [], []
    for source in reader.sources(str(shared / "data" / "samples" / "ntu_rgbd")):
        found, refused = read_clips(reader, source)
        clips += [clip.clip_id for clip in found]
        rejects += [reject.to_row() for reject in refused]
    for found_list in lists.values():
        checked = cross_check([found_list], clips, rejects)
        assert checked.confirmed == ("S006C002P023R001A023",)
        assert checked.readable == checked.kept == ()
        assert checked.unlisted == {}
        assert len(checked.absent) == len(found_list.names) - 1


@pytest.fixture(scope="module")
def nw_ucla(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What is known of every clip of the whole corpus."""
    folder = tmp_path_factory.mktemp("nw_ucla")
    with tarfile.open(shared / "data" / "corpora" / "nw_ucla.tar.xz") as tar:
        tar.extractall(folder, filter="data")
    reader = get_reader("nw_ucla")
    found = [read_clips(reader, source) for source in reader.sources(str(folder))]
    assert not any(rejects for _, rejects in found)
    full = [clip.to_row() for clips, _ in found for clip in clips]
    return [{column: row[column] for column in COLUMNS} for row in full]


@pytest.fixture(scope="module")
def feeder(shared: Path) -> list[dict[str, dict[str, Any]]]:
    """Name -> what CTR-GCN's feeder says of the clip, for its training and its test list."""
    lines = ctr_gcn(shared, "feeders/feeder_ucla.py").splitlines()
    texts = [line.partition("=")[2] for line in lines if "self.data_dict = [" in line]
    test, train = ({clip["file_name"]: clip for clip in json.loads(text)} for text in texts)
    return [train, test]


def test_nw_ucla_is_split_clip_by_clip_as_in_ctr_gcn(
    nw_ucla: list[dict[str, Any]], feeder: list[dict[str, dict[str, Any]]]
) -> None:
    train, test = feeder
    protocol = get_protocol("nw_ucla/xview")
    for view, published in ((protocol.train, train), (protocol.test, test)):
        ours = view.select(table(nw_ucla)).column("clip_id").to_pylist()
        assert len(ours) == len(published)
        assert {clip.partition("/")[2] for clip in ours} == set(published)
    assert (len(train), len(test)) == (1020, 464)
    for row in nw_ucla:
        clip = (train | test)[row["clip_id"].partition("/")[2]]
        assert labels.names("nw_ucla")[clip["label"] - 1] == row["label"]


def test_the_published_shares_of_purls_are_shares_of_all_unseen_clips(
    nw_ucla: list[dict[str, Any]], facts: dict[str, Any]
) -> None:
    """Its copy had two clips of these classes less; of a view's 97 no number gives 75.84 %."""
    shares = facts["zero_shot_published_top1_percent"]["PURLS (CVPR 2024, supplement table 8)"]
    covers = covered(nw_ucla)
    for split, fewer in (("8-2", 2), ("5-5", 2)):
        share = shares["nw_ucla"][split.replace("-", "/")]
        assert _is_share(share, covers[f"nw_ucla/{split}@purls"].test - fewer)
        assert not _is_share(share, covers[f"nw_ucla/{split}"].test)
        assert covers[f"nw_ucla/{split}@purls"].whole is not None
    for split, share in shares["utd_mhad"].items():
        (count,) = get_protocol(f"utd_mhad/{split.replace('/', '-')}@purls").counts
        assert _is_share(share, count.test)


def _is_share(percent: float, clips: int) -> bool:
    """Whether some number of right clips gives this percentage, rounded to two digits."""
    right = round(percent * clips / 100)
    return abs(round(100 * right / clips, 2) - percent) < 0.005


def test_a_fifth_of_the_nw_ucla_test_clips_are_copies_of_training_clips(
    nw_ucla: list[dict[str, Any]],
) -> None:
    """View 3 of "pick up with two hands", and all but all of "drop trash", is view 2 again."""
    cover = covered(nw_ucla)["nw_ucla/xview"]
    assert cover.whole is not None
    assert len(cover.same_motion) == 95
    for train, test in cover.same_motion:
        assert re.fullmatch(r"nw_ucla/a0[23]_s\d\d_e\d\d_v02", train)
        assert test == train.replace("_v02", "_v03")
    assert [fault[:26] for fault in cover.faults()] == ["95 motions in both parts: "]


def test_ctr_gcn_had_the_same_copies(feeder: list[dict[str, dict[str, Any]]]) -> None:
    """Its list states lengths: those of views 2 and 3 agree in two actions only."""
    train, test = feeder
    agree: Counter[str] = Counter()
    for name, clip in test.items():
        twin = train.get(name.replace("_v03", "_v02"))
        agree[name[:3]] += twin is not None and twin["length"] == clip["length"]
    assert (agree["a02"], agree["a03"]) == (50, 45)
    assert max(n for action, n in agree.items() if action not in ("a02", "a03")) == 11


@pytest.mark.parametrize("corpus", NAMED)
def test_whole_corpora_have_the_counts_on_record(corpus: str, shared: Path) -> None:
    """By their names alone: the reader's facts of every file, without reading one."""
    with tarfile.open(shared / "data" / "corpora" / f"{corpus}.tar.xz") as tar:
        names = [member.name for member in tar if member.isfile()]
    rows = [row for name in names if (row := _row_of(corpus, name))]
    covers = covered(rows)
    counted = [
        name for name in list_protocols() if name.startswith(corpus) if covers[name].published
    ]
    assert len(counted) == {"utd_mhad": 1 + 2 * 3, "msr_action3d": 4, "sbu_kinect": 5}[corpus]
    for name in counted:
        assert covers[name].whole == get_protocol(name).counts[0].of


def _row_of(corpus: str, path: str) -> dict[str, Any] | None:
    """Subject and action of a file, by patterns that share nothing with the readers."""
    pair = re.search(r"(s\d\ds\d\d)/(\d\d)/\d+/skeleton_pos.txt$", path)
    single = re.search(r"a(\d+)_s(\d+)_[te]\d+_skeleton(?:3D\.txt|\.mat)$", path)
    if corpus == "sbu_kinect" and pair:
        subject, action = pair[1], int(pair[2])
    elif corpus != "sbu_kinect" and single:
        subject, action = str(int(single[2])), int(single[1])
    else:
        return None
    label = labels.actions(corpus)[action]
    known = {"corpus": corpus, "topology": "any", "label_namespace": corpus, "label": label}
    return {"clip_id": path, "motion_sha256": path, "subject": subject, **known}
