from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.clip import Clip
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.mocap.babel import BabelReader
from skeletonllm.corpora.reader import Reject, read_clips
from skeletonllm.corpora.rigs.body_model import VARIABLE
from skeletonllm.testing.mocap.body_models import save_npz, write_adult_models
from skeletonllm.testing.strategies import FEW_EXAMPLES

Write = Callable[[str, str | bytes], Path]
FILE = "KIT/KIT/4/Turn_poses.npz"


def poses(frames: int = 60) -> bytes:
    return save_npz(
        poses=np.zeros((frames, 156)),
        trans=np.arange(frames * 3.0).reshape(frames, 3) / 100,
        betas=np.zeros(16),
        gender=np.array("male"),
        mocap_framerate=np.array(20.0),
    )


def said(text: str, *categories: str, **times: float) -> dict[str, Any]:
    return {"raw_label": text, "proc_label": text, "act_cat": [*categories], **times}


def motion(**changes: Any) -> dict[str, Any]:
    held = {
        "babel_sid": 7,
        "feat_p": FILE,
        "dur": 3.0,
        "seq_ann": {"labels": [said("turns around", "turn")]},
        "frame_ann": None,
    }
    return held | changes


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="session")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Body models, which are written once."""
    root = tmp_path_factory.mktemp("bodies")

    def put(name: str, data: bytes) -> Path:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    write_adult_models(put)
    return str(root / "models")


@pytest.fixture
def read(
    write: Write, tmp_path: Path, bodies: str
) -> Callable[..., tuple[list[Clip], list[Reject]]]:
    def all_of(
        content: Any, name: str = "babel/train.json", models: bool = True
    ) -> tuple[list[Clip], list[Reject]]:
        write(f"raw/{name}", content if isinstance(content, bytes) else json.dumps(content))
        reader = BabelReader(bodies if models else None)
        (source,) = reader.sources(str(tmp_path / "raw"))
        return read_clips(reader, source)

    return all_of


Read = Callable[..., tuple[list[Clip], list[Reject]]]
SEGMENTS = {
    "labels": [
        said("stand still", "stand", start_t=0, end_t=1.0),
        said("turns and waves", "turn", "wave", start_t=1.0, end_t=2.5),
        said("transition", "transition", start_t=2.5, end_t=9.0),
    ]
}


@pytest.mark.parametrize("place", ["AMASS/KIT/4", "amass/KIT/KIT/4", "babel/KIT/4", "KIT/4"])
def test_segments_are_clips_of_the_motion(read: Read, write: Write, place: str) -> None:
    write(f"raw/{place}/Turn_poses.npz", poses())
    clips, rejects = read({"7": motion(frame_ann=SEGMENTS)})
    assert rejects == []
    assert [(c.clip_id, c.label, c.label_id, c.captions[0].text, c.flags) for c in clips] == [
        ("babel/babel/train/7/000", "stand", 0, "stand still", ()),
        ("babel/babel/train/7/001", None, None, "turns and waves", ("several_labels",)),
        ("babel/babel/train/7/002", "transition", 1, "transition", ("cut_short",)),
    ]
    assert [(c.frame_index[0], c.frame_index[-1]) for c in clips] == [(0, 19), (20, 49), (50, 59)]
    moved = clips[1].motion.joints[0, 0, 0] - clips[0].motion.joints[0, 0, 0]
    np.testing.assert_allclose(moved, [0.6, 0.6, -0.6], atol=1e-6)
    assert (clips[0].motion.fps, clips[0].licence) == (20.0, "amass")


def test_a_whole_motion_with_what_all_said(read: Read, write: Write) -> None:
    write(f"raw/{FILE}", poses())
    ((clip,), _) = read({"7": motion()})
    assert (clip.clip_id, clip.label, clip.motion.num_frames) == ("babel/babel/train/7", "turn", 60)
    extra = motion(seq_ann=None)
    extra["seq_anns"] = [{"labels": [said("turns", "turn")]}, {"labels": [said("spins", "turn")]}]
    ((clip,), _) = read({"7": extra}, "babel/train.json")
    assert [caption.text for caption in clip.captions] == ["turns", "spins"]
    assert clip.label == "turn"
    ((clip,), _) = read({"7": motion(seq_ann=None)})
    assert (clip.label, clip.captions) == (None, ())


def test_without_amass_the_reject_says_what_to_fetch(read: Read, write: Write) -> None:
    _, (reject,) = read({"7": motion(), "8": motion()})
    assert reject.code == "unreadable"
    for words in ("2 motions of AMASS", FILE, "https://amass.is.tue.mpg.de"):
        assert words in reject.message
    write(f"raw/{FILE}", poses())
    _, (reject,) = read({"7": motion()}, models=False)
    assert (reject.code, reject.source_uri[-2:]) == ("no_body_model", "#7")
    (clip,), (reject,) = read({"7": motion(), "8": motion(feat_p="CMU/01/a_poses.npz")})
    assert (clip.clip_id[-1], reject.code, reject.source_uri[-2:]) == ("7", "unreadable", "#8")


def test_a_segment_beyond_the_motion_is_one_reject(read: Read, write: Write) -> None:
    write(f"raw/{FILE}", poses())
    bad = {"labels": [*SEGMENTS["labels"][:1], said("x", "x", start_t=50, end_t=60)]}
    (clip,), (reject,) = read({"7": motion(frame_ann=bad)})
    assert (clip.label, reject.code, reject.source_uri[-6:]) == ("stand", "no_frames", "#7/001")


@FEW_EXAMPLES
@given(spans=st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), min_size=1, max_size=5))
def test_what_is_written_is_read(bodies: str, spans: list[tuple[int, int]]) -> None:
    labels = [
        said("a", "a", start_t=first / 20, end_t=(first + count) / 20) for first, count in spans
    ]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, FILE).parent.mkdir(parents=True)
        Path(folder, FILE).write_bytes(poses())
        content = {"7": motion(frame_ann={"labels": labels})}
        Path(folder, "train.json").write_text(json.dumps(content))
        reader = BabelReader(bodies)
        (source,) = reader.sources(folder)
        clips, rejects = read_clips(reader, source)
    assert rejects == []
    assert [(c.frame_index[0], c.motion.num_frames) for c in clips] == spans


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ({}, "format", "an empty object"),
        ([1], "format", "expected an object of objects with the key 'feat_p'"),
        ({"a": {"b": 1}}, "format", "with the keys a"),
        ({"7": motion(), "8": 3}, "format", "motion 8: feat_p None"),
        ({"7": motion(feat_p="../../etc/passwd")}, "format", "feat_p '../../etc/passwd'"),
        (b'{"7": {"feat_p": ', "truncated", "not JSON"),
    ],
)
def test_bad_files(read: Read, content: Any, code: str, message: str) -> None:
    clips, (reject,) = read(content)
    assert clips == []
    assert reject.code == code
    assert message in reject.message


def test_the_contract_holds(write: Write, tmp_path: Path, bodies: str) -> None:
    write(f"raw/{FILE}", poses())
    write("raw/train.json", json.dumps({"7": motion(frame_ann=SEGMENTS)}))
    for models in (bodies, None):
        assert check_reader(BabelReader(models), str(tmp_path / "raw")) == []
