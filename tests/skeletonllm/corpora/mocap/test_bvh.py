from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip, clips_from_table, clips_to_table
from skeletonllm.corpora import check_reader
from skeletonllm.corpora.mocap.bvh import BvhReader, facts_of_name, find_fps
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.errors import SourceError
from skeletonllm.testing.rigs import MIXAMO_JOINTS, write_t_pose
from skeletonllm.topology import Topology, register_topology

Write = Callable[[str, str | bytes], Path]


def read(path: Path) -> Clip | Reject:
    clips, rejects = read_clips(BvhReader(), Source(str(path), path.stem, 0))
    (item,) = [*clips, *rejects]
    return item


def test_what_a_file_says(write: Write) -> None:
    clip = read(
        write("dataset-2_raise-up-left-hand_elderly_003.bvh", write_t_pose(MIXAMO_JOINTS, 100))
    )
    assert isinstance(clip, Clip)
    assert clip.clip_id == "bvh/dataset-2_raise-up-left-hand_elderly_003"
    assert (clip.label, clip.label_id, clip.setup) == ("raise up left hand", 23, "elderly")
    assert (clip.motion.fps, clip.motion.num_frames, clip.flags) == (30.0, 1, ())
    (back,) = clips_from_table(clips_to_table([clip]))
    assert back.motion.sha256 == clip.motion.sha256


def test_line_ends_and_encodings_do_not_matter(write: Write) -> None:
    text = write_t_pose(MIXAMO_JOINTS, 100)
    plain = read(write("a.bvh", text))
    assert isinstance(plain, Clip)
    for other in (
        text.replace("\n", "\r\n").encode(),
        ("\ufeff" + text).encode(),
        text.replace("HIERARCHY", "HIERARCHY # M\xfcller").encode("latin-1"),
    ):
        clip = read(write("a.bvh", other))
        assert isinstance(clip, Clip)
        assert clip.motion.sha256 == plain.motion.sha256


def test_more_frames_than_declared_are_read_and_flagged(write: Write) -> None:
    text = write_t_pose(MIXAMO_JOINTS, 100)
    clip = read(write("a.bvh", text + text.splitlines()[-1] + "\n"))
    assert isinstance(clip, Clip)
    assert (clip.motion.num_frames, clip.flags) == (2, ("more_frames_than_declared",))


@pytest.mark.parametrize(
    ("stem", "label", "namespace"),
    [
        ("dataset-1_walk-right_proud_001", "walk right", "bandai_namco"),
        ("angry_13_000", "angry", "xia_style"),
        ("12_01_walk", None, None),
        ("somebody_13_000", None, None),
        ("walk", None, None),
    ],
)
def test_labels_come_from_names_that_follow_a_rule(
    stem: str, label: str | None, namespace: str | None
) -> None:
    facts = facts_of_name(stem)
    assert (facts.get("label"), facts.get("label_namespace")) == (label, namespace)
    if namespace is not None:
        assert BvhReader().label_names[namespace][facts["label_id"]] == label


def test_an_action_that_the_corpus_does_not_have() -> None:
    with pytest.raises(SourceError, match="'fly'; expected walk, run"):
        facts_of_name("dataset-1_fly_proud_001")


def test_the_contract_holds(write: Write) -> None:
    root = write("rigs/one.bvh", write_t_pose(MIXAMO_JOINTS, 100)).parent
    write("rigs/two.bvh", write_t_pose([f"part{i}" for i in range(20)]))
    assert check_reader(BvhReader(), str(root)) == []


def test_other_processes_read_its_clips_once_they_have_the_definition(write: Write) -> None:
    """A worker makes the skeleton; whoever reads the clips registers what topologies.json says."""
    path = write(
        "a.bvh", write_t_pose([*MIXAMO_JOINTS[:1], "mixamorig:Belt", *MIXAMO_JOINTS[2:]], 100)
    )
    script = (
        "import sys, json; from skeletonllm.corpora.reader import Source, read_clips\n"
        "from skeletonllm.corpora.mocap.bvh import BvhReader\n"
        "(clip,), _ = read_clips(BvhReader(), Source(sys.argv[1], 'a', 0))\n"
        "print(json.dumps(clip.motion.topology.to_json()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    there = Topology.from_json(json.loads(done.stdout))
    clip = read(path)
    assert isinstance(clip, Clip)
    assert register_topology(there) is clip.motion.topology
    assert np.isfinite(clip.motion.joints).all()


def with_frame_time(written: object) -> str:
    text, count = re.subn(r"(?<=Frame Time: )\S+", str(written), write_t_pose(MIXAMO_JOINTS, 100))
    assert count == 1
    return text


@pytest.mark.parametrize(
    ("seconds", "fps"),
    [(0.008333, 120), (0.0333333, 30), (0.016667, 60), (0.04, 25), (1 / 29.97, 29.97), (0.5, 2.0)],
)
def test_rates_that_were_rounded(seconds: float, fps: float) -> None:
    assert find_fps(seconds) == (pytest.approx(fps), True)


@pytest.mark.parametrize(
    ("written", "fps"),
    [
        *((rate, rate) for rate in (12, 15, 23.976, 24, 25, 29.97, 30, 48, 50, 60, 100, 120, 240)),
        *((33.333, 30), (33.3, 30), (33, 30), (16.67, 60), (16, 60), (8.33, 120), (8, 120)),
        *((40, 25), (41.667, 24), (41.7, 23.976), (33.367, 29.97), (4, 250), (66.667, 15)),
        *((33333, 30), (16667, 60), (8333, 120)),
    ],
)
def test_a_rate_or_milliseconds_where_seconds_should_stand(
    written: float, fps: float, write: Write
) -> None:
    clip = read(write("a.bvh", with_frame_time(written)))
    assert isinstance(clip, Clip)
    assert (clip.motion.fps, clip.flags) == (fps, ("fps_assumed",))


@pytest.mark.parametrize("written", ["1.5", "2", "5", "10", "20", "7.77", "333", "500000"])
def test_what_may_be_several_rates_is_none(written: str, write: Write) -> None:
    reject = read(write("a.bvh", with_frame_time(written)))
    assert isinstance(reject, Reject)
    assert (reject.code, f"Frame Time: {written}; expected seconds" in reject.message) == (
        "format",
        True,
    )
