from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.negatives.fuse import fuse_rankings
from skeletonllm.negatives.weights import (
    HeldOut,
    _is_clearly_better,
    choose_top,
    choose_weights,
    measure_coverage,
    mix_ranks,
    rank_matrix,
    weigh_equally,
)

RNG = np.random.default_rng(8)
C = 18


def draw_mass() -> np.ndarray:
    mass = RNG.gamma(0.3, 1.0, (C, C))
    np.fill_diagonal(mass, 0.0)
    return mass


def spoil(mass: np.ndarray, by: float) -> np.ndarray:
    scores = np.log(mass + 1e-6) + RNG.normal(0, by, (C, C))
    np.fill_diagonal(scores, np.nan)
    return scores


def test_coverage_is_1_for_the_very_mass_and_0_for_chance() -> None:
    mass = draw_mass()
    assert measure_coverage(mass, mass, 5) == pytest.approx(1.0)
    drawn = [measure_coverage(RNG.random((C, C)), mass, 5) for _ in range(200)]
    assert abs(float(np.mean(drawn))) < 0.03
    assert measure_coverage(-mass, mass, 5) < -0.2
    assert measure_coverage(mass, mass, C - 1) == 0.0  # everything is covered, whatever the order


def test_ranks_are_those_of_the_fusion_with_ties_and_what_is_not_known() -> None:
    names = ["a", "b", "c", "d"]
    scores = np.array([[np.nan, 0.5, 0.5, 0.9], *np.full((3, 4), 0.1)])
    scores[1, 2] = np.nan
    told = {"one": {"b": 0.5, "c": 0.5, "d": 0.9}}
    said = {entry.candidate: entry.sources[0][2] for entry in fuse_rankings(names[1:], told)}
    ranks = rank_matrix(scores)
    assert dict(zip(names[1:], ranks[0, 1:], strict=True)) == said
    assert np.isnan(ranks[1, [1, 2]]).all()


def test_mixed_ranks_order_as_the_fusion_does() -> None:
    names = [f"class {number:02d}" for number in range(C)]
    first, second = spoil(draw_mass(), 1.0), spoil(draw_mass(), 1.0)
    second[0, 3] = np.nan
    second[:, 5] = np.nan
    mixed = mix_ranks(np.stack([rank_matrix(first), rank_matrix(second)]), (0.0, 1.0))
    sources = {
        name: {c: matrix[0, at] for at, c in enumerate(names) if not np.isnan(matrix[0, at])}
        for name, matrix in (("one", first), ("two", second))
    }
    ranked = fuse_rankings(names[1:], sources, {"one": 0.0, "two": 1.0})
    found = sorted(range(1, C), key=lambda at: (-round(mixed[0, at], 9), at))
    assert [entry.candidate for entry in ranked] == [names[at] for at in found]


def test_a_good_source_takes_all_where_a_mixture_is_not_clearly_better() -> None:
    folds = []
    for _ in range(4):
        mass = draw_mass()
        folds.append(HeldOut({"text": RNG.random((C, C)), "out_of_fold": spoil(mass, 0.3)}, mass))
    weights = choose_weights(folds)
    assert weights.by_source == {"text": 0.0, "out_of_fold": 1.0}
    assert weights.top == 5
    assert "the best source in 4 held-out training folds" in weights.why
    told = weights.to_json()
    assert set(told["held_out"]) == {"text", "out_of_fold", "chosen"}
    assert told["held_out"]["chosen"] == told["held_out"]["out_of_fold"] > 0.7


def test_two_sources_that_know_different_things_are_mixed() -> None:
    folds = []
    for _ in range(5):
        mass = draw_mass()
        folds.append(HeldOut({"text": spoil(mass, 2.0), "kinematics": spoil(mass, 2.0)}, mass))
    weights = choose_weights(folds)
    assert sum(weights.by_source.values()) == pytest.approx(1.0)
    assert min(weights.by_source.values()) >= 0.25
    assert "a mixture that is clearly better" in weights.why
    assert weights.coverage is not None
    assert weights.coverage["chosen"] > max(weights.coverage[name] for name in weights.by_source)


def test_a_mixture_that_few_folds_favour_by_chance_is_not_taken() -> None:
    """Gains of UTD-MHAD's four training subjects: t = 2.7, and the test part lost 0.06."""
    single = np.full((1, 4), 0.6)
    chance = single + np.array([0.049, 0.038, 0.003, 0.080])
    clear = single + np.array([0.05, 0.04, 0.05, 0.06])
    assert not _is_clearly_better(np.concatenate([single, chance]), 0)
    assert _is_clearly_better(np.concatenate([single, clear]), 0)


def test_a_gain_is_measured_on_folds_that_did_not_choose_the_mixture() -> None:
    """Each mixture is lucky on one fold and worse on all others: no fold confirms another."""
    lucky = np.full((4, 4), 0.55) + 0.4 * np.eye(4)
    assert not _is_clearly_better(np.concatenate([np.full((1, 4), 0.6), lucky]), 0)


def test_the_k_that_decides_is_5_or_a_third_of_the_others() -> None:
    assert [choose_top(classes) for classes in (2, 4, 10, 16, 17, 120)] == [1, 1, 3, 5, 5, 5]


def test_equal_weights_say_why() -> None:
    told = weigh_equally(["text", "kinematics"], "equal: too few clips").to_json()
    assert told == {
        "weights": {"text": 0.5, "kinematics": 0.5},
        "why": "equal: too few clips",
        "top": 0,
        "held_out": {},
    }
