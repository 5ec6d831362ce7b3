from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from skeletonllm.corpora.toolkit.tracking import GATE, MAX_DETECTIONS, PATIENCE, track
from skeletonllm.errors import SourceError

Array = np.ndarray
FRAMES = 40


def body(dims: int) -> Array:
    """A standing figure of 13 joints, 1.7 high, of two or three dimensions."""
    rng = np.random.default_rng(3)
    joints = rng.uniform((-0.25, 0, -0.1), (0.25, 1.7, 0.1), (13, 3))
    joints[0, 1], joints[1, 1] = 0, 1.7
    return joints[:, :dims]


def walk(start: Sequence[float], step: Sequence[float], unit: float = 1.0, seed: int = 0) -> Array:
    """[T, 13, D] of somebody who walks, seen with 1 % noise."""
    dims = len(start)
    at = np.array(start) + np.arange(FRAMES)[:, None] * np.array(step)
    noise = np.random.default_rng(seed).normal(0, 0.01, (FRAMES, 13, dims))
    return unit * (body(dims) + at[:, None] + noise)


def shuffled(people: Sequence[Array], there: Callable[[int, int], bool] | None = None) -> tuple[
    list[Array], list[list[int]]
]:  # fmt: skip
    """Detections of each frame in random order, and whose they are."""
    rng = np.random.default_rng(7)
    frames, owners = [], []
    for t in range(FRAMES):
        who = [p for p in rng.permutation(len(people)).tolist() if there is None or there(t, p)]
        frames.append(np.array([people[p][t] for p in who]).reshape(len(who), *people[0].shape[1:]))
        owners.append(who)
    return frames, owners


def rows_of(frames: list[Array], owners: list[list[int]], **options: object) -> list[set[int]]:
    """Rows that each person was given, in order of persons."""
    rows = track(frames, **options)  # type: ignore[arg-type]
    count = 1 + max(p for who in owners for p in who)
    found: list[set[int]] = [set() for _ in range(count)]
    for row, who in zip(rows, owners, strict=True):
        assert len(set(row.tolist())) == len(who)
        for r, p in zip(row.tolist(), who, strict=True):
            found[p].add(r)
    return found


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("unit", [1e-3, 1.0, 300.0], ids=["shares", "metres", "pixels"])
def test_two_who_cross_keep_their_rows_in_any_unit(dims: int, unit: float) -> None:
    start, step = np.zeros(3)[:dims], np.eye(3)[0][:dims] * 0.06
    there = walk(start - 20 * step, step, unit, seed=1)
    back = walk(start + 20 * step, -step, unit, seed=2)
    found = rows_of(*shuffled([there, back]))
    assert [len(rows) for rows in found] == [1, 1]
    assert found[0] != found[1]


def test_while_they_cross_one_hides_the_other() -> None:
    there, back = walk((-1.2, 0), (0.06, 0), seed=1), walk((1.2, 0), (-0.06, 0), seed=2)
    found = rows_of(*shuffled([there, back], lambda t, p: p == 0 or not 17 <= t < 23))
    assert [len(rows) for rows in found] == [1, 1]
    assert found[0] != found[1]


def test_order_in_the_file_does_not_matter_for_who_is_who() -> None:
    people = [walk((2 * p, 0), (0.01, 0), seed=p) for p in range(4)]
    found = rows_of(*shuffled(people))
    assert sorted(row for rows in found for row in rows) == [0, 1, 2, 3]


def test_who_leaves_and_comes_back_in_time_is_the_same() -> None:
    people = [walk((0, 0), (0.01, 0), seed=1), walk((1, 0), (0, 0), seed=2)]
    found = rows_of(*shuffled(people, lambda t, p: p == 0 or not 8 <= t < 8 + PATIENCE - 2))
    assert [len(rows) for rows in found] == [1, 1]


@pytest.mark.parametrize(("patience", "rows"), [(9, 2), (10, 1)])
def test_patience_ends(patience: int, rows: int) -> None:
    people = [walk((0, 0), (0, 0), seed=1), walk((1, 0), (0, 0), seed=2)]
    frames = shuffled(people, lambda t, p: p == 0 or not 10 <= t < 20)
    assert len(rows_of(*frames, patience=patience)[1]) == rows


def test_who_comes_back_elsewhere_is_new() -> None:
    person = walk((0, 0), (0, 0))
    person[20:] += (5, 0)
    frames = [person[t][None] for t in range(FRAMES)]
    assert [row.tolist() for row in track(frames)] == [[0]] * 20 + [[1]] * 20


def test_nobody_takes_the_place_of_someone_who_is_there() -> None:
    """A head seen a second time, alone and closer to what was expected, is not the person."""
    person = walk((0, 0), (0.01, 0))
    frames = [person[t][None] for t in range(FRAMES)]
    for t in (15, 30):
        head = np.full((13, 2), np.nan)
        head[:2] = person[t - 1, :2] + (0.01, 0)
        whole = person[t] + 0.03
        whole[0] = np.nan
        frames[t] = np.stack([head, whole])
    rows = track(frames)
    assert [row[-1] for row in rows] == [0] * FRAMES
    assert rows[15][0] == rows[30][0] == 1


def test_joints_without_confidence_are_not_looked_at() -> None:
    person = walk((0, 0), (0, 0))
    confidence = np.ones((FRAMES, 13))
    person[::2, 3:], confidence[::2, 3:] = 1e6, 0
    frames = [person[t][None] for t in range(FRAMES)]
    assert {int(row[0]) for row in track(frames, [c[None] for c in confidence])} == {0}
    assert len({int(row[0]) for row in track(frames)}) > 1


def test_no_joint_in_common_falls_back_to_the_middle() -> None:
    person = walk((0, 0), (0, 0))
    person[0, 6:], person[1:, :6] = np.nan, np.nan
    assert {int(row[0]) for row in track([p[None] for p in person])} == {0}


def test_empty_frames_and_empty_bodies() -> None:
    none, nothing = np.zeros((0, 3, 2)), np.full((1, 3, 2), np.nan)
    assert track([]) == []
    assert [row.tolist() for row in track([none, nothing, none])] == [[], [0], []]


def test_the_gate_opens_with_the_body() -> None:
    still = body(2)
    diagonal = np.linalg.norm(np.ptp(still, axis=0))
    for share, row in ((0.95, 0), (1.05, 1)):
        jump = still + np.array([share * GATE * diagonal, 0])
        assert track([still[None], jump[None]])[1].tolist() == [row]


def test_the_same_again_gives_the_same() -> None:
    rng = np.random.default_rng(0)
    frames = [rng.uniform(0, 3, (rng.integers(0, 6), 5, 2)) for _ in range(30)]
    first, second = track(frames), track(frames)
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_a_crowd_beyond_belief_is_refused() -> None:
    with pytest.raises(SourceError, match="257 persons in a frame; expected at most 256"):
        track([np.zeros((MAX_DETECTIONS + 1, 2, 2))])
