"""Charts: lengths, counts, order, and what was never measured."""

from __future__ import annotations

import re

import numpy as np

from skeletonllm.visualization.charts import (
    draw_bars,
    draw_histogram,
    draw_ranges,
    make_count_table,
    sort_names,
)


def test_bars_are_as_long_as_they_say_and_escape_names() -> None:
    svg = draw_bars({"<b>": 4, "half": 2})
    long, short = (float(w) for w in re.findall(r'height="12" width="([\d.]+)"', svg))
    assert long == 2 * short
    assert "<b>" not in svg
    assert "&lt;b&gt;" in svg
    assert draw_bars({}) == "<p>none</p>"


def test_bars_fit_into_half_a_page() -> None:
    assert '<svg width="440"' in draw_bars({"a": 1, "b": 2}, width=440)
    assert 'width="160.0"' in draw_bars({"a": 1, "b": 2}, width=440)


def test_histogram_counts_what_lies_beyond_its_end() -> None:
    svg = draw_histogram(np.array([0.5, 9.5, 50.0, np.nan]), " m", limits=[5], most=10, bins=2)
    assert svg.count("<rect") == 2
    assert "10 m and more" in svg
    assert svg.count('class="limit"') == 1
    assert draw_histogram(np.array([np.nan]), "") == "<p>none measured</p>"


def test_ranges_leave_out_what_was_never_measured() -> None:
    svg = draw_ranges({"a": np.array([0.1, 0.2, np.nan]), "b": np.array([np.nan])}, 0.3, 1.0)
    assert ">a<" in svg
    assert ">b<" not in svg
    assert "15.0%" in svg


def test_a_count_table_counts_in_the_order_given() -> None:
    table = make_count_table({("10", "1"): 4, ("9", "2"): 1}, ["9", "10"], ["1", "2"], "who")
    assert table.index("<th>9</th>") < table.index("<th>10</th>")
    assert table.count("·") == 2


def test_numbers_come_by_size_and_before_words() -> None:
    assert sort_names(["b", "10", "a", "9", "9"]) == ["9", "10", "a", "b"]
