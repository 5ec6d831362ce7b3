"""Files of a message: hostile names and bytes, and what our readers make of the rest."""

from __future__ import annotations

import base64
import pickle
from pathlib import Path

import pytest

from skeletonllm.answering.attachments import Attachment, read_attachments
from skeletonllm.errors import UsageError
from skeletonllm.synthesis import synthesize, write_ntu

NAME = "S001C001P001R001A010.skeleton"


@pytest.fixture(scope="module")
def ntu(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("ntu") / NAME
    write_ntu(str(path), synthesize("hand waving"))
    return path.read_bytes()


def encode(data: bytes, head: str = "data:application/octet-stream;base64,") -> str:
    return head + base64.b64encode(data).decode()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made; it is to be empty again in the end."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path


def test_a_file_is_read_by_its_reader_and_gone_after(ntu: bytes, elsewhere: Path) -> None:
    clip = read_attachments([Attachment(NAME, ntu)])
    assert clip.clip_id == "ntu_rgbd/S001C001P001R001A010"
    assert clip.label == "clapping"
    assert list((elsewhere / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [f"../../{NAME}", f"/etc/{NAME}", f"..\\..\\{NAME}", f"a/b/{NAME}", f"C:\\x\\{NAME}"],
)
def test_a_folder_before_a_name_is_left_out(name: str, ntu: bytes, elsewhere: Path) -> None:
    file = Attachment.of(name, encode(ntu))
    assert file.name == NAME
    assert read_attachments([file]).motion.num_frames > 0
    assert [path.name for path in elsewhere.iterdir()] == ["temporary"]


@pytest.mark.parametrize("name", ["..", "../..", ".", "a\0b", "x" * 201, "a\nb", "é" * 101])
def test_names_that_are_none_of_a_file_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="expected a name without a folder"):
        Attachment.of(name, encode(b"x"))
    with pytest.raises(UsageError, match="expected a name without a folder"):
        Attachment("../x", b"")


def test_plain_base64_and_a_nameless_file_are_taken() -> None:
    assert Attachment.of("", encode(b"x", "")) == Attachment("motion", b"x")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://example.org/a,b", "file_data that begins 'https://example.org/a,b'"),
        ("data:text/plain,hello", "expected data:...;base64,"),
        ("data:x;base64,!!!!", "file_data that is no base64"),
        ("data:x;base64,YWJ", "file_data that is no base64"),
    ],
)
def test_what_is_no_base64_is_refused(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Attachment.of("a.bvh", url)


class _Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("name", ["ntu.pkl", "a.npy", "a.npz", "motion.pickle"])
def test_a_pickle_never_runs(name: str, elsewhere: Path) -> None:
    target = elsewhere / "ran"
    with pytest.raises(UsageError) as caught:
        read_attachments([Attachment(name, pickle.dumps(_Bomb(target)))])
    assert not target.exists()
    assert str(elsewhere) not in str(caught.value)
    assert list((elsewhere / "temporary").iterdir()) == []


def test_an_error_names_the_file_and_not_where_it_lay(elsewhere: Path) -> None:
    with pytest.raises(UsageError, match=rf"^{NAME}: rejected \(format\)"):
        read_attachments([Attachment(NAME, b"no skeleton")])
    with pytest.raises(UsageError, match="nothing here that a reader can read"):
        read_attachments([Attachment("a.jpg", b"\xff\xd8")])


def test_files_that_belong_together_lie_together(shared: Path) -> None:
    folder = shared / "data" / "samples" / "asfamc"
    motion, skeleton = next(
        (motion, skeleton)
        for motion in sorted(folder.rglob("*.amc"))
        for skeleton in sorted(motion.parent.glob("*.asf"))
        if motion.stem.startswith(skeleton.stem)
    )
    files = [Attachment(path.name, path.read_bytes()) for path in (motion, skeleton)]
    assert read_attachments(files).motion.num_frames > 1
    with pytest.raises(UsageError, match="a name of its own for each"):
        read_attachments([files[0], files[0]])
