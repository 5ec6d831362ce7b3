"""From an action to a motion as a sensor records it, and what is true of it by construction."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.motion import SPACES, FloatArray, Motion
from skeletonllm.synthesis.actions import get_action
from skeletonllm.synthesis.body import SIDES, UP, Array, Posture, make_rotation, pose_body
from skeletonllm.synthesis.moves import Element, apply_elements
from skeletonllm.synthesis.spec import ActionSpec
from skeletonllm.synthesis.subjects import Subject
from skeletonllm.topology import KINECT_V2, Topology

SENSOR_HEIGHT, SENSOR_DISTANCE = 1.0, 3.0
"""Metres of the sensor above the floor and in front of the scene."""

IMAGE_SIZE, FOCAL = (1920, 1080), 1060.0
"""The colour camera of a Kinect v2: pixels, and focal length in pixels."""

_RIGHT_HANDED = 0.85
"""Share of performances that the right side acts in; of people, nine in ten are right-handed."""


@dataclass(frozen=True)
class TruthEvent:
    """What is true of a synthesized motion because it was made so; nothing here is measured.

    Args:
        motion: raise, lower, bend, extend, approach or step.
        part: The joint or part without its side: hand, foot, elbow, knee, torso, body.
        side: ``left``, ``right`` or ``centre``.
        person: Row of the person in the motion.
        start_s: When it begins, in seconds of the motion.
        end_s: When it ends.
        target: The level a hand comes to (the floor, knee, waist, chest, shoulder, head,
            overhead), or what is approached (head, other hand, other person); may be empty.
    """

    motion: str
    part: str
    side: str
    person: int
    start_s: float
    end_s: float
    target: str = ""

    @property
    def joint(self) -> str:
        """The name in :data:`skeletonllm.topology.VOCABULARY` that does it."""
        if self.side != "centre":
            return f"{self.side}_{self.part}"
        return {"torso": "upper_spine", "body": "pelvis"}.get(self.part, self.part)


def synthesize(
    action: str,
    *,
    topology: Topology = KINECT_V2,
    subject: Subject | int = 0,
    partner: Subject | int | None = None,
    seed: int = 0,
    fps: float = 30.0,
    noise_m: float = 0.005,
    side: str | None = None,
    yaw_deg: float = 0.0,
    space: str | None = None,
) -> Motion:
    """One performance of an action.

    Args:
        action: A name of :data:`skeletonllm.synthesis.ACTIONS`.
        topology: Skeleton to record; any whose joints are in the vocabulary.
        subject: Who acts; a number stands for :meth:`Subject.from_id`.
        partner: Who reacts in two-person actions; by default the next subject.
        seed: Which performance; the same arguments give the same bytes.
        fps: Frames a second of the recording.
        noise_m: Standard deviation of the sensor's noise on every joint, metres.
        side: The acting side, ``left`` or ``right``; drawn from the seed if None.
        yaw_deg: How far the camera stands around the scene.
        space: ``camera``, ``world`` (floor at 0, facing +z) or ``image``; by default ``image``
            for 2D topologies, ``world`` for SMPL (as HumanML3D has it), else ``camera``.

    Raises:
        UsageError: Unknown action, side or space.

    Example:
        >>> synthesize("hand waving", side="left").joints.shape[1:]
        (1, 25, 3)
    """
    return synthesize_with_truth(
        action,
        topology=topology,
        subject=subject,
        partner=partner,
        seed=seed,
        fps=fps,
        noise_m=noise_m,
        side=side,
        yaw_deg=yaw_deg,
        space=space,
    )[0]


def synthesize_with_truth(
    action: str,
    *,
    topology: Topology = KINECT_V2,
    subject: Subject | int = 0,
    partner: Subject | int | None = None,
    seed: int = 0,
    fps: float = 30.0,
    noise_m: float = 0.005,
    side: str | None = None,
    yaw_deg: float = 0.0,
    space: str | None = None,
) -> tuple[Motion, tuple[TruthEvent, ...]]:
    """A performance, and what is true of it by construction, in order of time.

    Args:
        action: See :func:`synthesize`, as for all others.
        topology: Skeleton to record.
        subject: Who acts.
        partner: Who reacts in two-person actions.
        seed: Which performance.
        fps: Frames a second.
        noise_m: Noise of the sensor, metres.
        side: The acting side.
        yaw_deg: How far the camera stands around the scene.
        space: Of the motion.
    """
    spec, people = get_action(action), _choose_people(subject, partner)
    rng = np.random.default_rng([seed, people[0].id, zlib.crc32(action.encode())])
    near, space = _draw_side(side, rng), _choose_space(space, topology)
    seconds = spec.seconds / people[0].speed * rng.uniform(0.93, 1.07)
    frames = max(round(seconds * fps), 2)
    u = np.arange(frames) / frames
    postures = [_make_posture(spec, person, near, u, rng) for person in range(spec.persons)]
    bodies = [pose_body(posture, who) for posture, who in zip(postures, people, strict=False)]
    joints = np.stack([_order_joints(body, topology) for body in bodies], 1)  # [T, P, J, 3]
    if space == "world":
        start, facing = bodies[0]["pelvis"][0], float(postures[0].heading[0])
        joints = _move_to_start(joints, start, facing)
    else:
        joints = _move_to_camera(joints, rng, yaw_deg)
    joints += rng.normal(0.0, 1.0, joints.shape) * noise_m
    motion = _make_motion(joints, topology, fps, space, rng)
    return motion, _list_truths(spec.elements, near, frames / fps)


def _choose_people(
    subject: Subject | int, partner: Subject | int | None
) -> tuple[Subject, Subject]:
    first = Subject.from_id(subject) if isinstance(subject, int) else subject
    second = first.id + 1 if partner is None else partner
    return first, Subject.from_id(second) if isinstance(second, int) else second


def _draw_side(side: str | None, rng: np.random.Generator) -> str:
    drawn = "right" if rng.random() < _RIGHT_HANDED else "left"
    if side not in (None, *SIDES):
        raise UsageError(f"side {side!r}", expected="left, right or None")
    return side or drawn


def _choose_space(space: str | None, topology: Topology) -> str:
    if space not in (None, *SPACES):
        raise UsageError(f"space {space!r}", expected=f"one of {', '.join(SPACES)}, or None")
    usual = "world" if topology.name == "smpl_22" else "camera"
    return space or ("image" if topology.dims == 2 else usual)


_VARIATION = {
    "near_arm": (3.0, 3.0, 0.0),
    "far_arm": (3.0, 3.0, 0.0),
    "torso": (1.5, 1.5, 0.0),
    "head": (3.0,),
    "pelvis": (0.006, 0.006, 0.006),
}
"""How much each channel differs from one performance to the next, in its own units."""


def _draw_variation(channel: str, u: Array, rng: np.random.Generator) -> Array:
    """Difference [T, n] of a performance from the plan: a constant offset and a slow sway."""
    offset, sway, phase = rng.normal(size=3)
    wave = 0.7 * offset + 0.4 * sway * np.sin(2 * np.pi * (u + phase))
    return np.multiply.outer(wave, np.asarray(_VARIATION.get(channel, (0.0,))))


def _make_posture(
    spec: ActionSpec, person: int, near: str, u: Array, rng: np.random.Generator
) -> Posture:
    """Posture of one person: near and far become left and right, degrees become radians."""
    channels = apply_elements(tuple(e for e in spec.elements if e.person == person), u)
    for name, value in channels.items():
        channels[name] = value + _draw_variation(name, u, rng)
    far, towards_left = ("right", 1.0) if near == "left" else ("left", -1.0)
    to_radians = np.array([np.pi / 180, np.pi / 180, 1.0])
    place = spec.places[person]
    return Posture(
        start=(place.across, place.near),
        heading=np.full(len(u), np.radians(place.heading + rng.normal(0, 4.0))),
        travel=channels["travel"],
        pelvis=channels["pelvis"] * (towards_left, 1.0, 1.0),
        torso=np.radians(channels["torso"]) * (1.0, towards_left, towards_left),
        head=np.radians(channels["head"]),
        arms={near: channels["near_arm"] * to_radians, far: channels["far_arm"] * to_radians},
        legs={near: channels["near_leg"], far: channels["far_leg"]},
    )


def _order_joints(body: dict[str, Array], topology: Topology) -> Array:
    return np.stack([body[name.partition(".")[0]] for name in topology.joints], 1)


def _move_to_camera(joints: Array, rng: np.random.Generator, yaw_deg: float) -> Array:
    """Scene to camera: half a turn, since +z now leads away from the sensor, and a shift."""
    angle = np.pi + np.radians(yaw_deg + rng.normal(0.0, 3.0))
    shift = (rng.normal(0, 0.12), -SENSOR_HEIGHT, SENSOR_DISTANCE + rng.uniform(-0.25, 0.35))
    return joints @ make_rotation(UP, np.array([angle]))[0].T + shift


def _move_to_start(joints: Array, pelvis: Array, heading: float) -> Array:
    """Scene to world: the first person starts above the origin and faces +z, as in HumanML3D."""
    shifted = joints - pelvis * (1.0, 0.0, 1.0)
    return shifted @ make_rotation(UP, np.array([-heading]))[0].T


def _make_motion(
    joints: Array, topology: Topology, fps: float, space: str, rng: np.random.Generator
) -> Motion:
    confidence = np.ones(joints.shape[:3], np.float32)
    if space == "image":
        joints = project_joints(joints)
        scores = rng.normal(0.9, 0.04, confidence.shape)
        confidence = np.clip(scores, 0.5, 1.0).astype(np.float32)
    return Motion(
        joints=joints.astype(np.float32),
        present=np.ones(joints.shape[:2], np.bool_),
        confidence=confidence,
        topology=topology,
        fps=fps,
        space=space,
        metric=space != "image",
        image_size=IMAGE_SIZE if space == "image" else None,
    )


def project_joints(joints: Array | FloatArray) -> Array:
    """Pixels [..., 3] of a photograph (unmirrored) from camera space in metres; z is 0."""
    x, y, z = np.moveaxis(joints.astype(np.float64), -1, 0)
    width, height = IMAGE_SIZE
    u, v = width / 2 - FOCAL * x / z, height / 2 - FOCAL * y / z
    return np.stack([u, v, np.zeros_like(u)], -1)


def _list_truths(
    elements: tuple[Element, ...], near: str, seconds: float
) -> tuple[TruthEvent, ...]:
    sides = {"near": near, "far": "right" if near == "left" else "left"}
    events = []
    for element in elements:
        for claim, start, end in element.list_claims():
            *side, part = claim.part.split()
            where = sides[side[0]] if side else "centre"
            times = (start * seconds, end * seconds)
            events.append(
                TruthEvent(claim.motion, part, where, element.person, *times, claim.target)
            )
    return tuple(sorted(events, key=lambda e: (e.start_s, e.end_s, e.motion, e.person)))
