"""The measurements of one clip: a row of :data:`schemas.QUALITY`, before faults are assigned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.motion import FloatArray
from skeletonllm.normalize.handedness import measure_handedness
from skeletonllm.quality.detectors.bones import measure_bone_drift
from skeletonllm.quality.detectors.fingerprint import SIZE, compute_fingerprint
from skeletonllm.quality.detectors.frozen import detect_frozen_poses
from skeletonllm.quality.detectors.jumps import detect_jumps
from skeletonllm.quality.detectors.out_of_range import detect_out_of_range
from skeletonllm.quality.detectors.side_swaps import detect_side_swaps
from skeletonllm.quality.tracks import Spot, Track, extract_tracks
from skeletonllm.rejects import Reject, isolate_clip

Result = TypeVar("Result")

STAGE = "quality"

_COPIED = "clip_id corpus source_uri label label_namespace subject camera setup repetition".split()


def measure_clip(clip: Clip) -> tuple[dict[str, Any], FloatArray]:
    """A row of :data:`schemas.QUALITY`, and the fingerprint of the first person, float32 [SIZE].

    A measurement that fails leaves the value of :func:`make_unmeasured_row`; ``unmeasured`` says
    why it failed.

    Cost: about 1.5 ms for 60 frames of 25 joints, linear in both.

    Example:
        >>> row, _ = measure_clip(clip)  # doctest: +SKIP
        >>> row["jumps"]  # doctest: +SKIP
        0
    """
    people: tuple[Track, ...] = ()
    mark = np.zeros(SIZE, np.float32)
    row, failed = make_unmeasured_row(clip), list[Reject]()
    with isolate_clip(clip, STAGE, failed):
        people = extract_tracks(clip)
    parts: tuple[Callable[[], dict[str, Any]], ...] = (
        lambda: _missing(clip),
        lambda: _heights(people, clip),
        lambda: _speed(people),
        lambda: _drift(people),
        lambda: _swapped(people),
        lambda: _sides(clip),
        lambda: _frozen(people),
        lambda: _outside(people, clip),
    )
    for part in parts:
        with isolate_clip(clip, STAGE, failed):
            row |= part()
    with isolate_clip(clip, STAGE, failed):
        mark = compute_fingerprint(people[0].body) if people else mark
    if failed:
        reasons = (reject.message.removeprefix(f"{clip.clip_id}: ") for reject in failed)
        row["unmeasured"] = "; ".join(dict.fromkeys(reasons))
    return row, mark


def make_unmeasured_row(clip: Clip, unmeasured: str | None = None) -> dict[str, Any]:
    """A row of :data:`schemas.QUALITY` with the facts of a clip and no measurement yet.

    Args:
        clip: The clip.
        unmeasured: Why nothing could be measured, as a sentence.
    """
    motion = clip.motion
    return {
        **{name: getattr(clip, name) for name in _COPIED},
        "motion_sha256": motion.sha256,
        "topology": motion.topology.name,
        "space": motion.space,
        "metric": motion.metric,
        "flags": list(clip.flags),
        "fps": motion.fps,
        "frames": motion.num_frames,
        "seconds": motion.duration_s,
        "persons": motion.num_persons,
        "empty_frames": 0,
        "missing": 0.0,
        "missing_each": [0.0] * motion.num_joints,
        "unsure": 0.0,
        "heights": [],
        "swapped_frames": 0,
        "handedness": 0.0,
        "handedness_frames": 0,
        "repeated_frames": 0,
        "frozen_frames": 1,
        "outside": 0.0,
        "unmeasured": unmeasured,
        "label_conflict": False,
        "faults": [],
    }


def _heights(people: Iterable[Track], clip: Clip) -> dict[str, Any]:
    known = clip.motion.metric
    return {"heights": [_number(track.height) if known else None for track in people]}


def _missing(clip: Clip) -> dict[str, Any]:
    """Of the joints of persons who are present; ``unsure`` are those a sensor guessed."""
    present, confidence = clip.motion.present, clip.motion.confidence
    values = confidence[present]  # [N, J]
    slots = max(len(values), 1)
    return {
        "empty_frames": int((~present.any(1)).sum()),
        "missing": float((values == 0).sum() / max(values.size, 1)),
        "missing_each": ((values == 0).sum(0) / slots).tolist(),
        "unsure": float(((values > 0) & (values < 1)).sum() / max(values.size, 1)),
    }


def _speed(people: Iterable[Track]) -> dict[str, Any]:
    jumps = [jump for track in people if (jump := detect_jumps(track)) is not None]
    if not jumps:
        return {"jumps": None, "speed": None, "speed_of_limit": None, "speed_at": None}
    worst = _most(jumps, lambda jump: jump.of_limit)
    return {
        "jumps": sum(jump.frames for jump in jumps),
        "speed": worst.speed,
        "speed_of_limit": worst.of_limit,
        "speed_at": asdict(worst.at),
    }


def _drift(people: Iterable[Track]) -> dict[str, Any]:
    """Of the person whose bones vary the most; each bone of the person in whom it varies most."""
    drifts = [drift for track in people if (drift := measure_bone_drift(track)) is not None]
    if not drifts:
        return {"drift": None, "drift_at": None, "drift_each": None}
    worst = _most(drifts, lambda drift: drift.worst)
    each = np.fmax.reduce([drift.each for drift in drifts])
    return {
        "drift": worst.worst,
        "drift_at": asdict(worst.at),
        "drift_each": [_number(share) for share in each],
    }


def _swapped(people: Iterable[Track]) -> dict[str, Any]:
    swaps = [swap for track in people if (swap := detect_side_swaps(track)) is not None]
    at = _most(swaps, lambda swap: swap.frames).at if swaps else None
    return {"swapped_frames": sum(swap.frames for swap in swaps), "swapped_at": _spot(at)}


def _sides(clip: Clip) -> dict[str, Any]:
    """Whether the names of left and right fit the way the bodies face."""
    evidence = measure_handedness(clip.motion)
    return {
        "mirrored": evidence.mirrored,
        "handedness": evidence.evidence,
        "handedness_frames": evidence.frames,
    }


def _frozen(people: Iterable[Track]) -> dict[str, Any]:
    frozen = [detect_frozen_poses(track) for track in people]
    if not frozen:
        return {"repeated_frames": 0, "frozen_frames": 1, "frozen_at": None}
    worst = _most(frozen, lambda poses: poses.longest)
    return {
        "repeated_frames": max(poses.repeated for poses in frozen),
        "frozen_frames": worst.longest,
        "frozen_at": _spot(worst.at) if worst.longest > 1 else None,
    }


def _outside(people: Iterable[Track], clip: Clip) -> dict[str, Any]:
    tracks = (detect_out_of_range(track, clip.motion) for track in people)
    outside = [joints for joints in tracks if joints is not None]
    observed = max(int(clip.motion.observed.sum()), 1)
    at = _most(outside, lambda joints: joints.count).at if outside else None
    return {"outside": sum(joints.count for joints in outside) / observed, "outside_at": _spot(at)}


def _most(results: list[Result], key: Callable[[Result], float]) -> Result:
    return max(results, key=key)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _spot(at: Spot | None) -> dict[str, Any] | None:
    return None if at is None else asdict(at)
