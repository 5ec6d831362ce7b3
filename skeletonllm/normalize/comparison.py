"""What two recipes make of the same clip, and how it differs.

Every body of the clip as read is marked with its row and frame before it goes through a recipe, so
that the outcome tells what it shows where, whatever the recipe called it. The marks travel as
orientations, which recipes carry along and do not look at.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.assignment import pair_by_cost
from skeletonllm.clip import Clip
from skeletonllm.defaults import TOLERANCE_M
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, FloatArray
from skeletonllm.normalize.profiles import normalize

Index = npt.NDArray[np.int64]

KINDS = {
    "rejected": "one profile refuses the clip",
    "frames": "one has frames that the other has not",
    "persons": "one shows body ids that the other never shows",
    "presence": "a body that both show is missing in frames of one",
    "main": "row 0 shows somebody else in most frames",
    "identity": "bodies change rows in one and not in the other",
    "time": "bodies stand in frames that are not theirs",
    "moved": "the whole clip stands elsewhere",
    "positions": "joints are elsewhere (beyond being moved as a whole)",
}
"""How two outcomes may differ."""


@dataclass(frozen=True)
class Comparison:
    """One clip under two profiles. Pairs are (first profile, second profile).

    Args:
        clip_id: The clip.
        kinds: Keys of :data:`KINDS` that apply; none if the outcomes are the same.
        rejected: Code of each profile's refusal, or None.
        frames: Source frames that only this one has.
        persons: Body ids that only this one shows.
        missing: Bodies times frames that only the other shows, of bodies and frames in both.
        main: Frames in which row 0 shows somebody else, of those where both show somebody.
        swapped: Bodies times frames in another row than the one that fits best over the clip.
        shifted: Bodies times frames that show another source frame than the one they stand for.
        offset_m: How far the whole clip was moved.
        mean_m: Mean distance of joints, once moved back; bodies paired by id and source frame.
        max_m: Largest such distance.
        share: Of bodies times frames, how many are not shown alike: 0 to 1.
    """

    clip_id: str
    kinds: tuple[str, ...] = ()
    rejected: tuple[str | None, str | None] = (None, None)
    frames: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    persons: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    missing: tuple[int, int] = (0, 0)
    main: int = 0
    swapped: int = 0
    shifted: tuple[int, int] = (0, 0)
    offset_m: float = 0.0
    mean_m: float = 0.0
    max_m: float = 0.0
    share: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The record as it goes into a file."""
        return asdict(self)


def compare_profiles(clip: Clip, a: str, b: str, tolerance_m: float = TOLERANCE_M) -> Comparison:
    """Take a clip as read through two profiles.

    Args:
        clip: As its reader gives it.
        a: Name of a profile.
        b: Name of another one.
        tolerance_m: Joints nearer than this to each other count as equal, in metres.

    Raises:
        UsageError: A profile is unknown, or not for such clips.

    Example:
        >>> compare_profiles(clip, "pyskl", "clean").kinds  # doctest: +SKIP
        ('frames', 'persons')
    """
    marked = _mark(clip)
    first, second = _outcome(marked, a), _outcome(marked, b)
    if isinstance(first, str) or isinstance(second, str):
        codes = _code(first), _code(second)
        one = None in codes
        return Comparison(clip.clip_id, ("rejected",) * one, codes, share=float(one))
    return _compare(clip, first, second, tolerance_m)


def describe_difference(record: Comparison, a: str, b: str) -> str:
    """How a clip differs under profiles ``a`` and ``b``, in a line.

    Args:
        record: What was compared.
        a: Name of the first profile.
        b: Name of the second one.
    """
    said = []
    sides = zip((a, b), record.rejected, record.frames, record.persons, strict=True)
    for name, code, frames, ids in sides:
        said += [f"{name} rejects it ({code})"] * (code is not None)
        said += [f"only {name} has frames {', '.join(map(str, frames))}"] * bool(frames)
        said += [f"only {name} shows {', '.join(ids)}"] * bool(ids)
    parts = {
        "presence": f"missing in {record.missing} frames",
        "main": f"another main person in {record.main} frames",
        "identity": f"in another row in {record.swapped} frames",
        "time": f"at a wrong time in {record.shifted} frames",
        "moved": f"moved by {record.offset_m:.2f} m",
        "positions": f"joints {record.mean_m:.3f} m apart, at most {record.max_m:.3f}",
    }
    said += [text for kind, text in parts.items() if kind in record.kinds]
    return f"{record.share:.0%} not alike: {'; '.join(said)}"


@dataclass(frozen=True, eq=False)
class _Shown:
    """The N bodies that an outcome shows, by the frame they stand for.

    Args:
        frames: Frames of the clip as read that the outcome has, int64.
        frame: Frame each body stands for, int64 [N].
        body: Row of the clip as read each body is, int64 [N].
        row: Row of the outcome, int64 [N].
        late: Whether it shows another frame than that, bool [N].
        joints: float32 [N, J, 3].
        seen: bool [N, J].
    """

    frames: Index
    frame: Index
    body: Index
    row: Index
    late: BoolArray
    joints: FloatArray
    seen: BoolArray


def _mark(clip: Clip) -> Clip:
    motion = clip.motion
    marks = np.zeros((*motion.confidence.shape, 4), np.float32)
    marks[..., 0] = np.arange(motion.num_frames)[:, None, None]
    marks[..., 1] = np.arange(motion.num_persons)[:, None]
    index = tuple(range(motion.num_frames))
    return replace(clip, motion=replace(motion, orientations=marks), frame_index=index)


def _outcome(marked: Clip, profile: str) -> _Shown | str:
    """What a profile shows, or the code of its refusal."""
    try:
        clip = normalize(marked, profile)
    except SourceError as error:
        return error.code
    motion, frames = clip.motion, np.array(clip.frame_index, np.int64)
    at = np.nonzero(motion.present)
    assert motion.orientations is not None
    marks = motion.orientations[at][:, 0].astype(np.int64)
    late = marks[:, 0] != frames[at[0]]
    seen = motion.observed[at]
    return _Shown(frames, frames[at[0]], marks[:, 1], at[1], late, motion.joints[at], seen)


def _code(outcome: _Shown | str) -> str | None:
    return outcome if isinstance(outcome, str) else None


def _compare(clip: Clip, a: _Shown, b: _Shown, tolerance_m: float) -> Comparison:
    bodies = clip.motion.num_persons
    keys = [shown.frame * bodies + shown.body for shown in (a, b)]
    both, at_a, at_b = np.intersect1d(keys[0], keys[1], return_indices=True)
    offset, apart, seen = _distances(a, b, at_a, at_b, tolerance_m)
    off = np.where(seen, apart, 0).sum(1) / np.maximum(seen.sum(1), 1)
    swapped = _swapped(a.row[at_a], b.row[at_b])
    alike = int(((off <= tolerance_m) & ~swapped).sum())
    everything = len(keys[0]) + len(keys[1]) - len(both)
    found = Comparison(
        clip.clip_id,
        frames=(_numbers(clip, a, b), _numbers(clip, b, a)),
        persons=(_ids(clip, a, b), _ids(clip, b, a)),
        missing=(_missing(b, a), _missing(a, b)),
        main=_main(a, b),
        swapped=int(swapped.sum()),
        shifted=(int(a.late.sum()), int(b.late.sum())),
        offset_m=float(np.linalg.norm(offset)),
        mean_m=float(apart[seen].mean()) if seen.any() else 0.0,
        max_m=float(apart[seen].max()) if seen.any() else 0.0,
        share=1 - alike / max(everything, 1),
    )
    return replace(found, kinds=_kinds(found, a, b, tolerance_m))


def _kinds(found: Comparison, a: _Shown, b: _Shown, tolerance_m: float) -> tuple[str, ...]:
    shared = len(np.intersect1d(a.frames, b.frames))
    applies = {
        "frames": any(found.frames),
        "persons": any(found.persons),
        "presence": any(found.missing),
        "main": 2 * found.main > shared,
        "identity": found.swapped > 0,
        "time": found.shifted[0] != found.shifted[1],
        "moved": found.offset_m > 0,
        "positions": found.max_m > tolerance_m,
    }
    return tuple(kind for kind, does in applies.items() if does)


def _distances(
    a: _Shown, b: _Shown, at_a: Index, at_b: Index, tolerance_m: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Vector by which all was moved, distances of joints [N, J] but for it, and where seen."""
    apart = b.joints[at_b] - a.joints[at_a]
    seen = a.seen[at_a] & b.seen[at_b]
    offset = np.median(apart[seen], axis=0) if seen.any() else np.zeros(3, np.float32)
    if np.linalg.norm(offset) <= tolerance_m:
        offset = np.zeros(3, np.float32)
    return offset, np.linalg.norm(apart - offset, axis=-1), seen


def _swapped(a: Index, b: Index) -> BoolArray:
    """Which of N bodies are in rows [N] that are not each other's, over the clip."""
    count = np.zeros((a.max(initial=0) + 1, b.max(initial=0) + 1))
    np.add.at(count, (a, b), 1)
    partner = np.full(len(count), -1)
    mine, yours = pair_by_cost(-count)
    partner[mine] = yours
    return np.asarray(partner[a] != b)


def _main(a: _Shown, b: _Shown) -> int:
    """Frames in which the rows 0 show different bodies."""
    first, second = (_leads(shown) for shown in (a, b))
    return sum(first[frame] != second[frame] for frame in first.keys() & second.keys())


def _leads(shown: _Shown) -> dict[int, int]:
    """The body in row 0 of each frame."""
    at = shown.row == 0
    return dict(zip(shown.frame[at].tolist(), shown.body[at].tolist(), strict=True))


def _missing(a: _Shown, b: _Shown) -> int:
    """Bodies that ``a`` shows and ``b`` does not, in frames that both have, of bodies in both."""
    mine = (np.isin(a.frame, b.frames) & np.isin(a.body, b.body)).nonzero()[0]
    yours = set(zip(b.frame.tolist(), b.body.tolist(), strict=True))
    return sum((int(a.frame[i]), int(a.body[i])) not in yours for i in mine)


def _numbers(clip: Clip, a: _Shown, b: _Shown) -> tuple[int, ...]:
    return tuple(clip.frame_index[frame] for frame in np.setdiff1d(a.frames, b.frames).tolist())


def _ids(clip: Clip, a: _Shown, b: _Shown) -> tuple[str, ...]:
    return tuple(clip.person_ids[body] for body in np.setdiff1d(a.body, b.body).tolist())
