from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from schemas import CLIP
from skeletonllm import topology
from skeletonllm.clip import Caption, Clip, clips_from_table, clips_to_table
from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.motion import Motion
from skeletonllm.topology import COCO_17, KINECT_V1


def make_clip(name: str, *, image: bool = False, gaps: bool = False) -> Clip:
    skeleton = COCO_17 if image else KINECT_V1
    rng = np.random.default_rng(len(name))
    joints = rng.normal(size=(5, 2, len(skeleton), 3)).astype(np.float32)
    present = np.ones((5, 2), bool)
    present[2, 1] = False
    confidence = np.broadcast_to(present[:, :, None], joints.shape[:3]).astype(np.float32)
    if gaps:
        confidence[0, 0, 3] = 0.5
    size = (640, 480) if image else None
    space = "image" if image else "camera"
    motion = Motion(
        joints, present, confidence, skeleton, 30.0, space, metric=not image, image_size=size
    )
    return Clip(
        motion=motion,
        clip_id=f"toy/{name}",
        corpus="toy",
        source_uri=f"{name}.json",
        source_sha256="0" * 64,
        frame_index=(3, 4, 5, 6, 7),
        person_ids=("72057594037931327", "2"),
        captions=(Caption("waves", 0.0, 1.0),),
        flags=("identity_switch",),
        label="wave",
        label_id=3,
        label_namespace="toy",
        subject="7",
    )


def test_round_trip_through_the_table() -> None:
    clips = [make_clip("a"), make_clip("bb", image=True), make_clip("ccc", gaps=True)]
    again = clips_from_table(clips_to_table(clips))
    for clip, back in zip(clips, again, strict=True):
        assert back.motion.sha256 == clip.motion.sha256
        for name in ("clip_id", "frame_index", "person_ids", "captions", "flags", "label_id"):
            assert getattr(back, name) == getattr(clip, name)


def test_confidence_is_null_only_where_everything_is_seen() -> None:
    table = clips_to_table([make_clip("a"), make_clip("ccc", gaps=True)])
    assert table.column("confidence").is_null().to_pylist() == [True, False]
    assert (table.column("first_frame")[0].as_py(), table.column("last_frame")[0].as_py()) == (3, 7)


def test_filled_and_orientations_survive() -> None:
    clip = make_clip("a")
    quats = np.random.default_rng(0).normal(size=(5, 2, 20, 4)).astype(np.float32)
    filled = np.zeros((5, 2, 20), bool)
    filled[1, 1, 1] = True
    clip = replace(clip, motion=replace(clip.motion, orientations=quats), filled=filled)
    (again,) = clips_from_table(clips_to_table([clip]))
    assert again.motion.orientations is not None
    assert again.filled is not None
    np.testing.assert_array_equal(again.motion.orientations, quats)
    np.testing.assert_array_equal(again.filled, filled)


def test_no_clips_make_an_empty_table() -> None:
    assert clips_to_table([]).equals(CLIP.arrow.empty_table())
    assert clips_from_table(CLIP.arrow.empty_table()) == []


def test_a_broken_table_lists_its_faults() -> None:
    with pytest.raises(SchemaError, match="clips: clip.clip_id: 'toy/a' fails field_uniqueness"):
        clips_to_table([make_clip("a"), make_clip("a")])
    with pytest.raises(SchemaError, match="source_sha256"):
        clips_to_table([replace(make_clip("a"), source_sha256="?")])


def test_the_table_has_the_published_schema() -> None:
    table = clips_to_table([make_clip("a")])
    assert isinstance(table, pa.Table)
    assert table.schema.equals(CLIP.arrow)
    assert CLIP.arrow.metadata.items() <= table.schema.metadata.items()


def test_a_table_brings_the_skeletons_that_its_reader_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever reads it later may be a process that has never seen the file."""
    clip, known = make_clip("a"), dict(topology._REGISTRY)
    rig = replace(KINECT_V1, name="rig_of_a_file")
    monkeypatch.setattr(topology, "_REGISTRY", known | {rig.name: rig})
    table = clips_to_table([replace(clip, motion=replace(clip.motion, topology=rig))])
    monkeypatch.setattr(topology, "_REGISTRY", known)
    assert clips_from_table(table)[0].motion.topology == rig
    other = replace(rig, bones=rig.bones[1:])
    monkeypatch.setattr(topology, "_REGISTRY", known | {rig.name: other})
    with pytest.raises(UsageError, match="a different topology of this name is registered"):
        clips_from_table(table)
