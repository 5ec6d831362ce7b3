from __future__ import annotations

import pickle

import pytest

from skeletonllm.errors import ReleaseError
from skeletonllm.stream.damage import Damage, DamageLimit, DamageTally


def damaged(numbers: range, tar: str = "a.tar") -> list[Damage]:
    return [Damage(f"lab/{number:03d}", tar, "cut") for number in numbers]


def tally(num_samples: int = 10_000, **per_tar: int) -> DamageTally:
    tars = {f"{name}.tar": count for name, count in per_tar.items()}
    return DamageTally(num_samples, tars, DamageLimit(), "releases/lab/1.0.0")


def test_a_few_damaged_samples_are_borne_of_any_release() -> None:
    few = tally(8, a=8)
    few.add(damaged(range(3)))
    few.check()
    few.add(damaged(range(3, 4)))
    with pytest.raises(ReleaseError) as caught:
        few.check()
    assert str(caught.value) == (
        "releases/lab/1.0.0: 4 of 8 samples are damaged, more than the 3 that are borne; "
        "the first: lab/000 in a.tar: cut. "
        "Run `skeletonllm verify` on the release, and copy what it names again."
    )


def test_a_thousandth_is_borne_of_a_large_release() -> None:
    assert [DamageLimit().most(n) for n in (1, 3_000, 4_000, 57_000)] == [3, 3, 4, 57]
    large = tally(10_000, a=512)
    large.add(damaged(range(10)))
    large.check()
    large.add(damaged(range(10, 11)))
    with pytest.raises(ReleaseError, match="11 of 10000 samples are damaged"):
        large.check()


def test_a_whole_tar_ends_the_run_where_its_samples_would_be_borne() -> None:
    whole = tally(10_000, a=4, b=512)
    whole.add(damaged(range(3)))
    whole.add(damaged(range(5, 6), "b.tar"))
    whole.check()
    whole.add(damaged(range(3, 4)))
    with pytest.raises(ReleaseError, match=r"all 4 samples of a\.tar are damaged"):
        whole.check()


def test_a_tar_of_a_few_samples_is_no_whole_tar() -> None:
    small = tally(10_000, a=3)
    small.add(damaged(range(3)))
    small.check()


def test_a_sample_counts_once_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    twice = tally(a=512)
    twice.add(damaged(range(2)))
    twice.add(damaged(range(2)))
    assert [record.getMessage() for record in caplog.records] == [
        f"a damaged sample is given out with weight 0: lab/{n} in a.tar: cut"
        for n in ("000", "001")
    ]
    assert twice.to_json() == [
        {"clip_id": f"lab/00{n}", "tar": "a.tar", "why": "cut"} for n in range(2)
    ]
    assert twice.describe() == "2 damaged samples left out; the first: lab/000 in a.tar: cut"
    assert tally().describe() == ""
    assert pickle.loads(pickle.dumps(twice)) == twice
