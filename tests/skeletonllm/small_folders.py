"""Small random clips and a folder of shards made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Caption, Clip
from skeletonllm.motion import Motion
from skeletonllm.shards import encode
from skeletonllm.testing.releases import write_manifest, write_shards
from skeletonllm.topology import COCO_17, KINECT_V2

LABELS = ("wave", "kick", "sit down", "drink", "drink water")


def random_motion(seed: int, *, frames: int = 6, persons: int = 1, image: bool = False) -> Motion:
    """A random walk of every joint, some joints unobserved, the last person absent at first."""
    rng = np.random.default_rng(seed)
    topology = COCO_17 if image else KINECT_V2
    shape = (frames, persons, len(topology))
    present = np.ones(shape[:2], dtype=bool)
    present[0, 1:] = False
    observed = (rng.random(shape) > 0.1) & present[..., None]
    steps = rng.normal(0, 5.0 if image else 0.02, (*shape, 3)).cumsum(0)
    joints = steps + (300.0 if image else rng.normal([0, 0, 3], 1))
    joints[..., 2] *= not image
    seen = rng.uniform(0.3, 1, shape) if image else np.ones(shape)
    return Motion(
        joints=(joints * observed[..., None]).astype(np.float32),
        present=present,
        confidence=(seen * observed).astype(np.float32),
        topology=topology,
        fps=30.0,
        space="image" if image else "camera",
        metric=not image,
        image_size=(640, 480) if image else None,
    )


def random_clip(seed: int, motion: Motion | None = None) -> Clip:
    """The clip number ``seed``: its class is ``LABELS[seed % 5]``, its subject ``seed % 3``."""
    motion = motion or random_motion(seed, frames=4 + seed % 5, persons=1 + seed % 2)
    return Clip(
        motion=motion,
        clip_id=f"lab/v1.0/clip {seed:04d}.skeleton",
        corpus="lab",
        source_uri=f"raw/{seed:04d}.skeleton",
        source_sha256=f"{seed:064x}",
        frame_index=tuple(range(3, 3 + motion.num_frames)),
        person_ids=tuple(f"7205759404{p}" for p in range(motion.num_persons)),
        label=LABELS[seed % 5],
        label_id=seed % 5,
        label_namespace="lab",
        captions=(Caption("a person moves; \u00e9", 0.0, 1.5),),
        subject=f"S{seed % 3}",
        camera="C1",
        flags=("identity_switch",),
        licence="cc-by-4.0",
    )


def rationale_of(clip: Clip, text: str = "The arm rises") -> dict[str, object]:
    """As much of a row of rationales/ as streaming looks at."""
    return {
        "rationale_id": f"{clip.clip_id}#0",
        "clip_id": clip.clip_id,
        "label": clip.label,
        "summary": text,
        "text": f"{text}.\nLabel: {clip.label}",
        "steps": [{"id": 0, "text": text, "causes": [], "measured": 0.25}],
    }


def write_folder(folder: str, clips: list[Clip], per_shard: int) -> str:
    """A shards stage: ``tars/`` and ``index/``."""
    samples = [encode(clip, [rationale_of(clip)]) for clip in clips]
    write_shards(folder, samples, per_shard)
    return write_manifest(folder)


@pytest.fixture(scope="session")
def make_clip() -> Callable[..., Clip]:
    return random_clip


@pytest.fixture(scope="session")
def make_motion() -> Callable[..., Motion]:
    return random_motion


@pytest.fixture(scope="session")
def make_folder() -> Callable[[str, list[Clip], int], str]:
    return write_folder


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 clips in 7 shards; read only."""
    path = tmp_path_factory.mktemp("shards")
    write_folder(str(path), [random_clip(i) for i in range(50)], per_shard=8)
    return path


@pytest.fixture(scope="session")
def make_rationale() -> Callable[..., dict[str, object]]:
    return rationale_of


@pytest.fixture
def unlabelled(make_clip: Callable[..., Clip]) -> Clip:
    return replace(make_clip(1), label=None, label_id=None, label_namespace=None)
