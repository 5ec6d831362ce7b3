from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.baselines.registry import BASELINES, get_baseline
from skeletonllm.views.view import View
from tests.skeletonllm.evaluation.baselines.made_up import measure_rows

TRAINED = measure_rows(["wave", "clap", "wave"], np.array([[1.0], [2.0], [3.0]]), ["1", "2", "2"])


def test_classes_are_sorted_and_codes_are_their_places() -> None:
    assert TRAINED.classes == ("clap", "wave")
    assert TRAINED.codes.tolist() == [1, 0, 1]


def test_a_view_takes_rows_and_values_together() -> None:
    taken = TRAINED.take(View(subjects=("2",)))
    assert (taken.labels, taken.values.tolist()) == (["clap", "wave"], [[2.0], [3.0]])
    assert TRAINED.take(View(labels=("jump",))).values.shape == (0, 1)


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_each_baseline_bears_its_name_and_has_something_to_choose_from(name: str) -> None:
    found = get_baseline(name)
    assert found.name == name
    assert len(found.settings) > 1
    assert found.version


def test_an_unknown_baseline_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown baseline 'svm'; expected one of described, ri"):
        get_baseline("svm")
