import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.reader import get_reader, read_clips
from skeletonllm.errors import UsageError
from skeletonllm.synthesis import DEMO_ACTIONS, get_action, write_corpora

SMALL = {
    "ntu_clips_per_action": 5,
    "nw_ucla_clips_per_action": 3,
    "humanml3d_clips": 6,
    "pyskl_clips_per_action": 2,
    "subjects": 2,
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    write_corpora(folder, **SMALL)
    return folder


def clips_of(corpus: str, root: Path) -> list[Clip]:
    reader = get_reader(corpus)
    found: list[Clip] = []
    for source in reader.sources(str(root / corpus)):
        clips, rejects = read_clips(reader, source)
        assert rejects == []
        found += clips
    return found


def digest(root: Path, keep: Callable[[str], bool] = bool) -> str:
    names = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
    content = b"".join(n.encode() + (root / n).read_bytes() for n in names if keep(n))
    return hashlib.sha256(content).hexdigest()


def test_ntu_clips_are_labelled_by_subject_camera_and_repetition(root: Path) -> None:
    clips = clips_of("ntu_rgbd", root)
    assert len(clips) == 5 * len(DEMO_ACTIONS)
    assert {clip.label for clip in clips} == set(DEMO_ACTIONS)
    assert {clip.subject for clip in clips} == {"1", "2"}
    assert {clip.camera for clip in clips} == {"1", "2", "3"}
    for clip in clips:
        assert clip.motion.num_persons == get_action(clip.label or "").persons


def test_the_demo_has_enough_actions_of_one_and_two_persons() -> None:
    persons = [get_action(name).persons for name in DEMO_ACTIONS]
    assert persons.count(1) >= 12
    assert persons.count(2) >= 3


def test_nw_ucla_has_its_ten_actions(root: Path) -> None:
    labels = {clip.label_id: clip.label for clip in clips_of("nw_ucla", root)}
    assert sorted(labels) == list(range(10))
    assert labels[6] == "donning"


def test_humanml3d_clips_have_captions_of_their_side(root: Path) -> None:
    clips = clips_of("humanml3d", root)
    assert len(clips) == 6
    assert all(len(clip.captions) == 2 for clip in clips)
    assert clips[0].captions[0].text == "a person raises the left hand to the mouth and drinks."


def test_pyskl_bears_the_same_labels(root: Path) -> None:
    clips = clips_of("pyskl", root)
    assert len(clips) == 2 * len(DEMO_ACTIONS)
    assert {clip.label for clip in clips} == set(DEMO_ACTIONS)


def test_some_clips_lose_a_person_for_a_while(root: Path) -> None:
    gaps = [clip for clip in clips_of("ntu_rgbd", root) if not clip.motion.present.all()]
    assert 0 < len(gaps) < 20
    assert all(clip.motion.present.any() for clip in gaps)


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(
    root: Path, tmp_path: Path
) -> None:
    write_corpora(tmp_path / "again", **SMALL)
    assert digest(tmp_path / "again") == digest(root)
    write_corpora(tmp_path / "other", seed=1, **SMALL)
    assert digest(tmp_path / "other") != digest(root)


def test_more_clips_of_one_format_change_no_other(root: Path, tmp_path: Path) -> None:
    more = SMALL | {"nw_ucla_clips_per_action": 4, "ntu_clips_per_action": 1}
    write_corpora(tmp_path, **more)
    for corpus in ("humanml3d", "pyskl"):
        assert digest(tmp_path / corpus) == digest(root / corpus)
    names = {path.name for path in (tmp_path / "ntu_rgbd").iterdir()}
    assert digest(tmp_path / "ntu_rgbd") == digest(root / "ntu_rgbd", names.__contains__)


def test_what_cannot_be_written_is_said_before_anything_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="actions: 'carry' is not an action of NTU"):
        write_corpora(tmp_path, actions=("clapping", "carry"))
    with pytest.raises(UsageError, match="0 subjects; expected at least 1"):
        write_corpora(tmp_path, subjects=0)
    assert list(tmp_path.iterdir()) == []
