from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.normalize.comparison import KINDS, Comparison, compare_profiles
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.ntu_files import FILE_NAME, Body, make_body, read_scene, write_scene

FRAMES = 40


def compared(path: Path, bodies: dict[str, object], a: str, b: str, order: str = "") -> Comparison:
    """Two profiles on a file of these bodies."""
    return compare_profiles(read_scene(write_scene(path / FILE_NAME, FRAMES, bodies, order)), a, b)  # type: ignore[arg-type]


def test_one_person_who_stays_is_the_same_for_all(tmp_path: Path) -> None:
    clip = read_scene(
        write_scene(tmp_path / FILE_NAME, FRAMES, {"a": (range(FRAMES), make_body(FRAMES))})
    )
    for other in ("raw", "pyskl", "mmaction2", "paper"):
        found = compare_profiles(clip, "clean", other)
        assert (found.kinds, found.share) == ((), 0)
        assert (found.max_m > 0) == (other in ("pyskl", "mmaction2"))  # float16


def test_dropped_frames_are_named(tmp_path: Path) -> None:
    when = [t for t in range(FRAMES) if t not in (0, 7, 8)]
    found = compared(tmp_path, {"a": (when, make_body(len(when)))}, "pyskl", "raw")
    assert found.kinds == ("frames",)
    assert found.frames == ((), (0, 7, 8))
    assert found.share == 0  # nobody was in them


def test_an_id_that_one_leaves_out_is_named(tmp_path: Path) -> None:
    bodies = {"a": (range(FRAMES), make_body(FRAMES)), "b": (range(5), make_body(5, 1))}
    found = compared(tmp_path, bodies, "pyskl", "raw")
    assert found.kinds == ("persons",)
    assert found.persons == ((), (str(ord("b")),))
    assert found.share == pytest.approx(5 / (FRAMES + 5))


def test_bodies_that_change_rows(tmp_path: Path) -> None:
    """By place, b is in row 0 while a is away; by id, never."""
    when = [*range(15), *range(25, FRAMES)]
    bodies = {"a": (when, make_body(30, step=0.02)), "b": (range(FRAMES), make_body(FRAMES, 1.5))}
    found = compared(tmp_path, bodies, "paper", "raw")
    assert found.kinds == ("identity",)
    assert found.swapped == 10
    assert found.share == pytest.approx(10 / 70)


def test_who_comes_back_early_stands_at_a_wrong_time(tmp_path: Path) -> None:
    when = [*range(15), *range(20, FRAMES)]
    bodies = {
        "a": (range(FRAMES), make_body(FRAMES, step=0.05)),
        "b": (when, make_body(35, 2, step=0.01)),
    }
    found = compared(tmp_path, bodies, "pyskl", "raw")
    assert found.kinds == ("presence", "time", "positions")
    assert found.shifted == (20, 0)
    assert found.missing == (5, 5)  # pyskl has b in 15..19, and not in 35..39
    assert found.offset_m == 0


def test_a_third_who_is_read_only_while_another_is_away(tmp_path: Path) -> None:
    bodies = {"a": (range(FRAMES), make_body(FRAMES)), "b": (range(30), make_body(30, 1))}
    bodies["c"] = (range(FRAMES), make_body(FRAMES, 2))
    found = compared(tmp_path, dict(bodies), "paper", "raw")
    assert found.kinds == ("presence", "identity")  # c is in b's row
    assert found.missing == (30, 0)


def test_where_people_stood(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a": (range(FRAMES), make_body(FRAMES))}, "ctrgcn", "clean")
    assert found.kinds == ("moved",)
    assert found.offset_m == pytest.approx(3.1, abs=0.2)
    assert found.max_m < 1e-5


def test_another_main_person(tmp_path: Path) -> None:
    bodies = {
        "a": (range(FRAMES), make_body(FRAMES)),
        "b": (range(FRAMES), make_body(FRAMES, 1.5, step=0.1)),
    }
    found = compared(tmp_path, bodies, "raw", "clean")
    assert found.kinds == ("main",)
    assert (found.main, found.swapped, found.share) == (FRAMES, 0, 0)


def test_a_clip_that_one_refuses(tmp_path: Path) -> None:
    bodies = {"a": (range(8), make_body(8)), "b": (range(9), make_body(9, 1))}
    assert compared(tmp_path, bodies, "pyskl", "paper").rejected == ("no_body", None)
    both = compared(tmp_path, bodies, "pyskl", "ctrgcn")
    assert (both.rejected, both.kinds) == (("no_body", "no_body"), ())


def test_kinds_are_those_documented(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a": (range(FRAMES), make_body(FRAMES))}, "ctrgcn", "raw")
    assert set(found.kinds) <= set(KINDS)
    assert found.to_json()["kinds"] == found.kinds
    with pytest.raises(UsageError, match="unknown profile 'nobody'"):
        compared(tmp_path, {"a": (range(FRAMES), make_body(FRAMES))}, "raw", "nobody")


SECOND = 20
"""Where something happens to two people who shake hands: the table in docs/PROFILES.md."""


@pytest.mark.parametrize(
    ("case", "by_id", "by_place"),
    [
        ("second away", 34, 0),
        ("first away", 34, 9),
        ("both away", 0, 0),
        ("new id", 16, 0),
        ("switch", 32, 32),
    ],
)
def test_what_the_others_get_wrong(case: str, by_id: int, by_place: int, tmp_path: Path) -> None:
    joints = synthesize("shaking hands", subject=1, seed=0).joints.astype(np.float64)
    a, b, frames = joints[:, 0], joints[:, 1], len(joints)
    there, gap = range(frames), [*range(SECOND), *range(SECOND + 10, frames)]
    later = range(SECOND, frames)
    bodies: dict[str, dict[str, tuple[Sequence[int], Body]]] = {
        "second away": {"a": (there, a), "b": (gap, b[gap])},
        "first away": {"a": (gap, a[gap]), "b": (there, b)},
        "both away": {"a": (gap, a[gap]), "b": (gap, b[gap])},
        "new id": {"a": (there, a), "b": (range(SECOND), b[:SECOND]), "c": (later, b[SECOND:])},
        "switch": {
            "a": (there, np.concatenate([a[:SECOND], b[SECOND:]])),
            "b": (there, np.concatenate([b[:SECOND], a[SECOND:]])),
        },
    }
    clip = read_scene(write_scene(tmp_path / FILE_NAME, frames, bodies[case]))
    for profile in ("pyskl", "ctrgcn"):
        assert round(100 * compare_profiles(clip, profile, "clean").share) == by_id
    for profile in ("mmaction2", "paper"):
        assert round(100 * compare_profiles(clip, profile, "clean").share) == by_place
