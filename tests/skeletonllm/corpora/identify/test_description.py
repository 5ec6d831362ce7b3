"""A file that no reader takes is described, so that its owner knows what to do."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.corpora.identify.description import describe_path


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


POSES = np.zeros((7, 25, 3), np.float32)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        (
            "a.json",
            json.dumps({"people": [], "fps": 3}),
            ["JSON: an object with the keys fps"],
        ),
        ("a.json", "{", ["no whole .json"]),
        ("a.npy", npy(POSES), ["shape (7, 25, 3)", "kinect_v2", "openpose_25", "--draft"]),
        ("a.npy", npy(POSES.reshape(7, 75)), ["shape (7, 75)", "kinect_v2"]),
        ("a.npz", npz(pose=POSES, other=np.zeros(2)), ["other (2,)", "pose (7, 25, 3)"]),
        ("a.pkl", pickle.dumps({"b": [1, 2]}), ["a dict of b (a list of 2, the first a int)"]),
        ("a.pkl", pickle.dumps([{"kp": POSES}]), ["a list of 1", "kp (an array (7, 25, 3)"]),
        ("a.csv", "time;hip_x;hip_y\n0;1;2\n", ["3 columns parted by semicolons (time, hip_x"]),
        ("a.txt", "0 1 2\n3 4 5\n", ["text of 2 lines", "parted by blanks", "--draft"]),
        ("a.md", "# A title\n\nSome words, and more.\n", ["begins with '# A title'"]),
        ("a.csv", "a,b\nhello,you\n", ["text of 2 lines that begins with 'a,b'"]),
        ("a.txt", "hello", ["text of 1 lines that begins with 'hello'"]),
        ("a.fbx", b"Kaydara FBX Binary  \0", ["an FBX scene", "xport BVH"]),
        ("a.fbx", b"; FBX 7.4.0 project file", ["an FBX scene in text", "xport BVH"]),
        ("a.glb", b"glTF\2\0", ["a glTF scene"]),
        ("a.mat", b"\x89HDF\r\n\x1a\n....", ["HDF5", "-v7"]),
        ("a.mp4", b"\0\0\0\x18ftypmp42", ["a video", "pose network"]),
        ("a.jpg", b"\xff\xd8", ["pictures and no joints", "pose network"]),
        ("a.npy", b"version https://git-lfs.github.com/spec/v1", ["Git LFS", "git lfs pull"]),
        ("a.json", "<!doctype html><p>404", ["a web page: the download may have failed"]),
        ("a.xlsx", b"PK\x03\x04", ["no file that is read (.xlsx)", "Save the sheet as CSV"]),
        ("a.npy", npy(np.array({"motion": POSES}, object)), ["Python objects: a dict of motion"]),
        ("a.bin", bytes(range(128, 200)), ["no text, beginning with 80 81"]),
        ("a.bin", b"abc\0def", ["no text"]),
        ("a.bin", b"", ["cannot be looked at"]),
    ],
)
def test_what_is_there_is_said(
    tmp_path: Path, name: str, data: str | bytes, words: list[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    found = describe_path(str(path))
    assert [word for word in words if word not in found] == []
    assert found.startswith(name)
    assert describe_path(str(tmp_path)) == found


def test_nothing_of_a_pickle_is_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "run",))

    (tmp_path / "a.pkl").write_bytes(pickle.dumps(Evil()))
    assert "wants to call" in describe_path(str(tmp_path / "a.pkl"))
    assert not (tmp_path / "run").exists()


def test_what_is_packed_is_described_too(tmp_path: Path) -> None:
    (tmp_path / "a.npy.gz").write_bytes(gzip.compress(npy(POSES)))
    assert "shape (7, 25, 3)" in describe_path(str(tmp_path / "a.npy.gz"))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("in/b.csv", "x,y\n1,2\n")
    assert describe_path(str(tmp_path / "b.zip")).startswith("b.csv is text of 2 lines")


def test_a_layout_is_not_what_it_describes(tmp_path: Path) -> None:
    (tmp_path / "skeleton.yaml").write_text("fps: 30")
    (tmp_path / "walk.csv").write_text("x,y\n1,2\n")
    assert describe_path(str(tmp_path)).startswith("walk.csv is text")


def test_a_folder_of_nothing(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_text("x")
    assert describe_path(str(tmp_path)) == "there is no file in it"
