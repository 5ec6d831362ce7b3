from __future__ import annotations

import numpy as np
import pyarrow as pa

from skeletonllm.negatives.descriptors.rows import Tables, read_descriptors
from skeletonllm.negatives.held_out import choose_penalty
from skeletonllm.negatives.passes import prepare_ground, sum_moments, survey_clips, tally_held_out
from skeletonllm.views.view import EVERY_CLIP, NamedView, View
from tests.skeletonllm.negatives.described import LABELS, cut, describe

KEY = ("all", "lab")
WHOLE = describe()


def in_parts(count: int) -> Tables:
    return lambda: cut(WHOLE, count)


def test_the_first_pass_measures_scales_subjects_and_samples() -> None:
    survey = survey_clips(in_parts(4))[KEY]
    values = read_descriptors(WHOLE)
    np.testing.assert_allclose(survey.sketch.measure().centre, np.median(values, axis=0), atol=0.04)
    assert sum(survey.groups.values()) == 240
    assert set(survey.samples) == set(LABELS)


def test_classes_are_all_of_a_closed_namespace_that_the_view_shows() -> None:
    survey = survey_clips(in_parts(2))[KEY]
    hidden = NamedView("lab/few", View(unseen=("wave",)))
    assert prepare_ground(survey, (), EVERY_CLIP).labels == LABELS
    seen = tuple(sorted({*LABELS, "fly"} - {"wave"}))
    assert prepare_ground(survey, (*LABELS, "fly"), hidden).labels == seen


def test_sums_and_confusions_do_not_depend_on_the_parts() -> None:
    found = []
    for parts in (1, 7):
        tables = in_parts(parts)
        surveys = survey_clips(tables)
        grounds = {KEY: prepare_ground(surveys[KEY], (), EVERY_CLIP)}
        moments = sum_moments(tables, grounds, surveys)
        penalty = choose_penalty(moments[KEY])
        tally = tally_held_out(tables, grounds, moments, {KEY: penalty})[KEY]
        found.append((moments[KEY], penalty, tally))
    (one, penalty, tally), (other, same, again) = found
    assert one.counts.sum() == 240
    np.testing.assert_allclose(one.products, other.products)
    assert penalty == same
    np.testing.assert_array_equal(tally.taken, again.taken)


def test_nothing_is_read_a_third_time_where_nothing_can_be_held_out() -> None:
    def fail() -> list[pa.Table]:
        raise AssertionError("read again")

    assert tally_held_out(fail, {}, {}, {}) == {}
