from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.normalize.clips import drop_ghosts
from skeletonllm.normalize.ghosts import ENOUGH, PARTS, REASONS, score_ghosts
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.pairs import PAIRS

Make = Callable[..., Clip]


def both(a: Motion, joints: np.ndarray, confidence: np.ndarray | None = None) -> Motion:
    """The one person of a motion, and another body [T, J, 3] beside."""
    score = a.confidence[:, 0] if confidence is None else confidence
    return replace(
        a,
        joints=np.stack([a.joints[:, 0], joints], 1).astype(np.float32),
        present=np.repeat(a.present, 2, axis=1),
        confidence=np.stack([a.confidence[:, 0], score], 1).astype(np.float32),
        orientations=None,
    )


def body(seed: int = 1, action: str = "hand waving") -> Motion:
    return synthesize(action, seed=seed, subject=seed)


def aside(motion: Motion) -> np.ndarray:
    return motion.joints[:, 0] + (1.2, 0, 0.5)


def furniture(motion: Motion) -> Motion:
    """A small body that lies in the air, half of it guessed, as in S001C001P003R002A005."""
    joints = motion.joints[:, 0]
    centre = joints.mean((0, 1))
    chair = (joints[:1] - centre)[..., [1, 0, 2]] * 0.45 + centre + (1, 0, 0)
    noise = np.random.default_rng(0).normal(0, 0.02, joints.shape)
    confidence = np.where(np.arange(joints.shape[1]) % 2, 0.5, 1.0)
    return both(motion, chair + noise, np.broadcast_to(confidence, joints.shape[:2]))


def mirror_image(motion: Motion, noise: float = 0.0) -> Motion:
    """Another body in a mirror that stands slantwise behind the first."""
    normal = np.array([0.6, 0.0, 0.8])
    joints = motion.joints[:, 0][:, list(motion.topology.mirror)]
    wall = motion.joints.mean((0, 1, 2)) + 0.7 * normal
    image = joints - 2 * ((joints - wall) @ normal)[..., None] * normal
    return both(motion, image + np.random.default_rng(0).normal(0, noise, image.shape))


def test_furniture_is_a_ghost_and_the_person_is_not() -> None:
    person, ghost = score_ghosts(furniture(body()))
    assert person.score < 0.3
    assert ghost.score >= ENOUGH
    assert ghost.reason == "spread"
    assert {person.reason, ghost.reason} <= {*REASONS}
    assert min(ghost.parts[name] for name in ("spread", "seen", "size")) > 0.5
    assert tuple(ghost.parts) == PARTS


def test_who_lies_down_is_no_ghost() -> None:
    motion = body()
    lying = aside(motion)[..., [1, 0, 2]]
    guessed = np.full(lying.shape[:2], 0.5)
    _, person = score_ghosts(both(motion, lying, guessed))
    assert person.parts["seen"] == 1
    assert person.score < ENOUGH


def test_a_child_and_one_who_shivers_are_no_ghosts_but_a_shivering_doll_is() -> None:
    motion = body()
    small = 0.55 * (aside(motion) - (0, -1, 3)) + (0, -1, 3)
    shake = np.random.default_rng(1).normal(0, 0.06, (len(small), 1, 3))
    still = np.broadcast_to(aside(motion)[:1], small.shape) + shake
    doll = np.broadcast_to(small[:1], small.shape) + shake
    child, shiverer, ghost = (score_ghosts(both(motion, j))[1] for j in (small, still, doll))
    assert child.parts["size"] == 1
    assert shiverer.parts["motion"] > 0.9
    assert max(child.score, shiverer.score) < ENOUGH <= ghost.score


def test_changing_bones_count() -> None:
    motion = body()
    grow = 1 + 0.6 * np.sin(np.arange(motion.num_frames))[:, None, None]
    centre = aside(motion).mean(1, keepdims=True)
    _, person = score_ghosts(both(motion, (aside(motion) - centre) * grow + centre))
    assert person.parts["bones"] == 1
    assert person.score < ENOUGH
    _, ghost = score_ghosts(both(motion, (aside(motion) - centre) * grow * 0.3 + centre))
    assert ghost.score >= ENOUGH


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_mirror_image_is_a_ghost_and_the_person_before_the_mirror_is_not(noise: float) -> None:
    person, image = score_ghosts(mirror_image(body(), noise))
    assert (image.score, image.reason) == (1.0, "mirror")
    assert person.score == 0
    person, other = score_ghosts(both(body(1), mirror_image(body(2)).joints[:, 1][:1]
                                      + np.zeros((body(1).num_frames, 1, 1))))  # fmt: skip
    assert person.score == other.parts["mirror"] == 0


def test_no_two_people_of_the_synthesizer_are_ghosts() -> None:
    for seed, spec in enumerate(PAIRS):
        motion = synthesize(spec.name, seed=seed, subject=seed, yaw_deg=50.0 * seed)
        assert max(s.score for s in score_ghosts(motion)) < 0.4, spec.name


def test_a_ghost_never_shows_a_quarter_of_its_joints(make_clip: Make) -> None:
    motion = make_clip(np.zeros((4, 2))).motion
    confidence = motion.confidence.copy()
    confidence[:, 1, 4:] = 0
    assert [s.score for s in score_ghosts(replace(motion, confidence=confidence))] == [0, 1]
    confidence[2, 1, 4] = 1
    assert [s.score for s in score_ghosts(replace(motion, confidence=confidence))] == [0, 0]


def clip_of(make_clip: Make, motion: Motion) -> Clip:
    frames = tuple(range(motion.num_frames))
    ids = tuple(str(p) for p in range(motion.num_persons))
    return replace(make_clip([[0.0]]), motion=motion, person_ids=ids, frame_index=frames)


def test_what_is_dropped_says_why(make_clip: Make) -> None:
    chair = furniture(body())
    clip = drop_ghosts(clip_of(make_clip, chair.select_persons([1, 0])))
    assert (clip.person_ids, clip.flags) == (("1",), ("ghost_dropped:spread",))
    clip = drop_ghosts(clip_of(make_clip, mirror_image(body())))
    assert (clip.person_ids, clip.flags) == (("0",), ("ghost_dropped:mirror",))


def test_the_only_body_is_kept_whatever_it_looks_like(make_clip: Make) -> None:
    chair = clip_of(make_clip, furniture(body()).select_persons([1]))
    assert drop_ghosts(chair) is chair
    two = furniture(body()).joints[:, 1]
    motion = mirror_image(replace(body(), joints=two[:, None]))
    assert len(drop_ghosts(clip_of(make_clip, motion)).person_ids) == 1


def test_pictures_hide_their_depth(make_clip: Make) -> None:
    motion = furniture(body())
    flat = replace(motion, space="image", image_size=(1920, 1080), metric=False)
    assert [s.score for s in score_ghosts(flat)] == [0, 0]
