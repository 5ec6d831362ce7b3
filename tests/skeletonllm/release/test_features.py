"""What the card promises about `datasets` and `webdataset` is run as it stands on the card."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Caption, Clip
from skeletonllm.motion import Motion
from skeletonllm.release import cut_release
from skeletonllm.release.features import list_features
from skeletonllm.shards import encode

REPO = Path(__file__).resolve().parents[3]
DUMP_LAST = "print(json.dumps([meta, joints.tolist()]))\n"
DUMP_ALL = """
rows = [[clip["json"], clip["motion.npz"]] for clip in clips]
print(json.dumps(rows, default=lambda values: values.tolist()))
"""


def make_corpora(make_clip: Callable[..., Clip]) -> tuple[list[Clip], list[Clip]]:
    """Six clips that lack all that may be absent, then three that have it; one is of one frame."""
    poor = [
        replace(
            make_clip("alpha", number, licence="cc-by-4.0"),
            **dict.fromkeys(("label", "label_id", "label_namespace", "subject")),
            captions=(Caption("someone moves"),),
        )
        for number in range(6)
    ]
    rich = []
    for number in range(3):
        clip = make_clip("beta", number, licence="cc-by-4.0", image=True)
        if number == 1:
            motion = clip.motion.select_frames(np.arange(1))
            clip = replace(clip, motion=motion, frame_index=(0,))
        shape = clip.motion.confidence.shape
        turned = np.zeros((*shape, 4), np.float32)
        turned[..., 0] = 1
        confidence = clip.motion.confidence / 2
        motion = replace(clip.motion, orientations=turned, confidence=confidence)
        named = {"camera": "C1", "setup": "S1", "repetition": "R1", "flags": ("resampled",)}
        captions = (Caption("a hand waves", 0.0, 1.5),)
        filled = np.ones(shape, np.bool_)
        index = tuple(2 * frame for frame in clip.frame_index)
        clip = replace(clip, motion=motion, captions=captions, filled=filled, frame_index=index)
        rich.append(replace(clip, **named))
    rich[0] = replace(rich[0], motion=leave_and_stray(rich[0].motion))
    return poor, rich


def leave_and_stray(motion: Motion) -> Motion:
    """The motion without its person in the first frame, and with a joint that no int16 holds."""
    present, joints = motion.present.copy(), motion.joints.copy()
    present[0], joints[0], joints[1, 0, 0, 0] = False, 0, 9e4
    confidence = motion.confidence * present[..., None]
    return replace(motion, present=present, joints=joints, confidence=confidence)


def read_members(shards: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """``json`` and ``motion.npz`` of every sample, read by nothing but the standard library."""
    for shard in sorted(shards.iterdir()):
        with tarfile.open(shard) as tar:
            contents = [file.read() for m in tar if (file := tar.extractfile(m)) is not None]
        for meta, arrays in zip(contents[::2], contents[1::2], strict=True):
            yield json.loads(meta), dict(np.load(io.BytesIO(arrays)))


def run_blocks(release: Path, tmp_path: Path) -> list[str]:
    """What the code on the card prints, with lines that dump what it loaded."""
    blocks = re.findall(r"```python\n(.*?)```", (release / "README.md").read_text(), re.DOTALL)
    ours, positions, streamed, plain, _ = blocks  # the last one: test_tools.py
    whole = streamed.replace("streaming=True", "streaming=False")
    assert whole != streamed
    code = [
        *("import json\n", ours, "print(len(batch))\n", positions),
        *(streamed, DUMP_LAST, DUMP_ALL, whole, DUMP_LAST, DUMP_ALL, plain, DUMP_LAST),
    ]
    env = {**os.environ, "PYTHONPATH": str(REPO), "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", "".join(code)],
        cwd=release.parents[1],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_code_on_the_card_reads_a_release_whose_first_samples_are_null(
    tmp_path: Path, make_clip: Callable[..., Clip], make_stages: Callable[..., dict[str, Any]]
) -> None:
    poor, rich = make_corpora(make_clip)
    stages = make_stages(tmp_path / "stages", poor, rich)
    release = Path(cut_release(str(tmp_path / "releases"), "toy", "1.0.0", code="test", **stages))
    expected = list(read_members(release / "shards"))
    assert [meta["label"] for meta, _ in expected[:6]] == [None] * 6
    ours, *loaded = run_blocks(release, tmp_path / "hub")
    assert ours == "24"
    for meta, joints in map(json.loads, loaded[::2]):
        assert meta == expected[-1][0]
        assert np.allclose(joints, rich[-1].motion.joints, atol=0.051)  # half a tenth of a pixel
    for rows in map(json.loads, loaded[1::2]):
        for (meta, arrays), (row, columns) in zip(expected, rows, strict=True):
            assert row == meta
            absent = [name for name, values in columns.items() if values is None]
            assert set(columns) - set(absent) == set(arrays)
            for name, values in arrays.items():  # nested lists of no frames have no shape
                assert np.array_equal(np.reshape(columns[name], values.shape), values), name


def test_every_member_that_may_be_written_is_declared(make_clip: Callable[..., Clip]) -> None:
    _, (clip, *_) = make_corpora(make_clip)
    members = encode(clip)
    declared = {f["name"]: {g["name"] for g in f.get("struct", ())} for f in list_features()}
    assert list(declared) == ["json", "motion.npz", "__key__", "__url__"]
    assert declared["json"] == set(json.loads(members["json"]))
    assert declared["motion.npz"] == set(np.load(io.BytesIO(members["motion.npz"])))


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("label", {"dtype": "string"}),
        ("label_id", {"dtype": "int32"}),
        ("metric", {"dtype": "bool"}),
        ("fps", {"dtype": "float64"}),
        ("image_size", {"list": "int32"}),
    ],
)
def test_types_are_in_the_words_of_datasets(name: str, declared: dict[str, str]) -> None:
    (found,) = [f for f in list_features()[0]["struct"] if f["name"] == name]
    assert found == {"name": name, **declared}
