from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.testing.fake_endpoint.faults import BILLED, FaultPlan, draw

HASHES = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(4000)]


def test_shares_are_met_over_many_bodies() -> None:
    plan = FaultPlan({"error_500": 0.2, "cut": 0.1})
    counts = Counter(plan.choose(sha, 0, n) for n, sha in enumerate(HASHES))
    assert counts["error_500"] / len(HASHES) == pytest.approx(0.2, abs=0.03)
    assert counts["cut"] / len(HASHES) == pytest.approx(0.1, abs=0.03)
    assert set(counts) == {"error_500", "cut", None}


def test_the_order_of_arrival_does_not_matter() -> None:
    plan = FaultPlan({"error_500": 0.3, "hang": 0.3})
    forth = {sha: plan.choose(sha, 0, n) for n, sha in enumerate(HASHES)}
    back = {sha: plan.choose(sha, 0, n) for n, sha in enumerate(reversed(HASHES))}
    assert forth == back


def test_a_second_attempt_and_another_seed_have_their_own_fates() -> None:
    plan, other = FaultPlan({"cut": 0.5}), FaultPlan({"cut": 0.5}, seed=1)
    first = [plan.choose(sha, 0, 0) for sha in HASHES]
    assert first != [plan.choose(sha, 1, 0) for sha in HASHES]
    assert first != [other.choose(sha, 0, 0) for sha in HASHES]


def test_a_script_comes_first_and_holds_for_the_first_requests_only() -> None:
    plan = FaultPlan(script=("hang", None, "ok", "cut"))
    assert [plan.choose("00", 0, n) for n in range(5)] == ["hang", None, None, "cut", None]


def test_faults_end_after_the_attempts_that_are_given() -> None:
    plan = FaultPlan({"error_503": 1.0}, attempts=2)
    assert [plan.choose("00", seen, 9) for seen in range(3)] == ["error_503", "error_503", None]


def test_a_key_is_revoked_after_so_many_requests() -> None:
    assert [FaultPlan(revoke_after=2).is_revoked(n) for n in range(4)] == [False, False, True, True]
    assert not FaultPlan().is_revoked(10**9)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"shares": {"fire": 0.1}}, "unknown faults ['fire']"),
        ({"script": ["fire"]}, "unknown faults ['fire']"),
        ({"shares": {"cut": 0.8, "hang": 0.3}}, "together at most 1"),
        ({"shares": {"cut": -0.1}}, "0 or more"),
        ({"share": {}}, "unknown keys ['share']"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        FaultPlan.from_json(arguments)
    assert said in str(refused.value)


def test_every_kind_says_whether_it_is_billed() -> None:
    assert set(BILLED.values()) == {"yes", "no", "maybe"}


def test_draws_are_spread_over_zero_to_one() -> None:
    drawn = sorted(draw(sha) for sha in HASHES)
    assert 0 <= drawn[0] < 0.01
    assert 0.99 < drawn[-1] < 1
    assert draw("a", 1) == draw("a", 1) != draw("a", 2)
