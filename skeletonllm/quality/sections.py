"""The parts of the report below its summary: tables and plots, as HTML."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.quality import checks
from skeletonllm.quality.checks import CHECKS
from skeletonllm.quality.detectors.bones import name_bones
from skeletonllm.quality.results import QualityResults
from skeletonllm.quality.summary import FEW, MANY
from skeletonllm.quality.tracks import Array
from skeletonllm.topology import PARTS, get_topology
from skeletonllm.visualization.charts import (
    draw_bars,
    draw_histogram,
    draw_ranges,
    make_count_table,
    sort_names,
)
from skeletonllm.visualization.page import make_table

_EXAMPLES = 3
"""Rejects quoted a code."""
_PAIRS = 20
"""Duplicates listed."""
_LABELS = 40
"""Labels up to which each has its bar; of more, the most and the least frequent."""
_VARIES = 0.005
"""Least variation that is shown: half a percent of a bone's length."""
_SKELETONS = 6
"""Skeletons that get charts of their own; corpora of BVH files may have one a rig."""
_HALF = 440
"""Pixels of half a page."""
_PLACES = ("label", "camera", "subject")
_TALL = (checks.SHORTEST, checks.TALLEST)


def describe_contents(results: QualityResults) -> str:
    """HTML of what the corpus holds: labels, lengths, persons, cameras, flags."""
    rows = results.rows
    labels = Counter(label or "no label" for label in rows.column("label").to_pylist())
    flags = Counter(pc.list_flatten(rows.column("flags")).to_pylist())
    seconds = read_numbers(rows, "seconds")
    long = float(np.percentile(seconds, 99)) if len(seconds) else 1.0
    return (
        f'<div class="two"><div><h3>Clips a label ({len(labels)})</h3>{_label_bars(labels)}</div>'
        f"<div><h3>Length</h3>{draw_histogram(seconds, ' s', most=long)}"
        f"<h3>Persons</h3>{_named(rows, 'persons')}"
        f"<h3>Skeletons, frames a second</h3>{_named(rows, 'topology')}"
        f"{_named(rows, 'fps')}</div></div>"
        f"<h3>Clips by person and camera</h3>{_who(rows)}"
        f"<h3>Flags that reading and normalization left</h3>{draw_bars(_sorted(flags), ' clips')}"
    )


def describe_fault_places(results: QualityResults) -> str:
    """HTML of a table each for labels, cameras and subjects: how many clips have which fault."""
    faults = results.rows.column("faults").to_pylist()
    if not any(faults):
        return "<p>none</p>"
    columns = {name: results.rows.column(name).to_pylist() for name in _PLACES}
    tables = [
        f"<div>{_spread(name, values, faults)}</div>"
        for name, values in columns.items()
        if len(set(values)) > 1
    ]
    return f'<div class="row">{"".join(tables)}</div>'


def _spread(name: str, values: Sequence[str | None], faults: Sequence[Sequence[str]]) -> str:
    """Clips by value and fault, the values with the most faulty clips first."""
    pairs = [(value or "not stated", names) for value, names in zip(values, faults, strict=True)]
    worst = Counter(value for value, names in pairs if names).most_common(_LABELS)
    counts = Counter((value, fault) for value, names in pairs for fault in names)
    counts.update({(value, "any"): count for value, count in worst})
    counted = {fault for _, fault in counts}
    columns = [fault for fault in ("any", *(check.name for check in CHECKS)) if fault in counted]
    return make_count_table(counts, [value for value, _ in worst], columns, f"{name} \\ clips with")


def describe_missing_joints(results: QualityResults) -> str:
    """HTML of a chart for each skeleton: % of frames in which each joint is missing."""
    parts = []
    for name, rows in _by_topology(results.rows):
        topology, frames = get_topology(name), read_numbers(rows, "frames")
        each = _matrix(rows, "missing_each", len(topology))
        share = (each * frames[:, None]).sum(0) / frames.sum()
        order = sorted(range(len(topology)), key=lambda j: (PARTS.index(topology.parts[j]), j))
        chart = {topology.joints[j]: round(100 * float(share[j]), 2) for j in order if share[j] > 0}
        total = f"{share.mean():.2%} of all joints missing{_guessed(rows, frames)}"
        parts.append(f"<h3>{escape(name)}: {total}</h3>{draw_bars(chart, ' %') if chart else ''}")
    return "".join(parts) or "<p>none</p>"


def _guessed(rows: pa.Table, frames: Array) -> str:
    """Share of guessed joints; empty for 2D poses, whose confidence does not tell guesses."""
    solid = np.asarray(rows.column("space").to_pylist()) != "image"
    if not solid.any():
        return ""
    share = float((read_numbers(rows, "unsure") * frames)[solid].sum() / frames[solid].sum())
    return f", {share:.2%} guessed by the sensor"


def draw_distributions(results: QualityResults) -> str:
    """HTML of histograms of speeds, bone lengths, heights, missing joints; limits in red."""
    rows = results.rows
    speed, drift = 100 * read_numbers(rows, "speed_of_limit"), 100 * read_numbers(rows, "drift")
    heights = pc.list_flatten(rows.column("heights")).to_numpy(zero_copy_only=False)
    missed = 100 * read_numbers(rows, "missing")
    plots = [
        (
            "Fastest joint of each clip, % of its limit",
            draw_histogram(speed, " %", limits=[100], most=300),
        ),
        (
            "Worst long bone of each clip, % of its length",
            draw_histogram(drift, " %", limits=[100 * checks.DRIFT], most=75),
        ),
        (
            "Heights of persons",
            draw_histogram(np.asarray(heights, np.float64), " m", limits=_TALL, most=3.0),
        ),
        (
            "Missing joints of each clip",
            draw_histogram(missed, " %", limits=[100 * checks.MISSING]),
        ),
    ]
    cells = "".join(f"<div><h3>{escape(title)}</h3>{plot}</div>" for title, plot in plots)
    return f'<div class="two">{cells}</div>{"".join(_bones(rows))}'


def _bones(rows: pa.Table) -> list[str]:
    parts = []
    measured = rows.filter(pc.is_valid(rows.column("drift_each")))
    for name, some in _by_topology(measured):
        names = name_bones(get_topology(name))
        varied = select_varying_bones(names, _matrix(some, "drift_each", len(names)))
        title = f"{name}: how much each bone varies in a clip (median; bar: 5 to 95 % of clips)"
        chart = draw_ranges(varied, checks.DRIFT, 0.75) if varied else "<p>no bone varies</p>"
        parts.append(f"<h3>{escape(title)}</h3>{chart}")
    return parts


def select_varying_bones(names: Sequence[str], each: Array) -> dict[str, Array]:
    """Variation [N] of the bones that vary the most, by name; empty where all are constant.

    Args:
        names: Of B bones.
        each: Variation of each [N, B]; NaN where it was not measured.
    """
    most = np.percentile(np.nan_to_num(each), 95, axis=0)
    ranked = np.argsort(-most, kind="stable")[:_LABELS]
    return {names[bone]: each[:, bone] for bone in sorted(ranked) if most[bone] >= _VARIES}


def list_duplicates(results: QualityResults) -> str:
    """HTML of a table of duplicates, those with two labels first."""
    pairs = results.duplicates
    if not len(pairs):
        return "<p>none</p>"
    order = pc.sort_indices(
        pairs.append_column("agree", pc.invert(pairs.column("label_conflict"))),
        [("agree", "ascending"), ("distance", "ascending"), ("clip_id", "ascending")],
    )
    listed = pairs.take(order[:_PAIRS]).to_pylist()
    cells = [
        [p["clip_id"], p["same_as"], p["kind"], _labels(p), ", ".join(p["differ"])] for p in listed
    ]
    head = ["clip", "same motion as", "kind", "label", "other"]
    more = f"<p>{len(pairs) - len(listed):,} more in duplicates.parquet</p>"
    return make_table(cells, head) + more * (len(pairs) > len(listed))


def _labels(pair: dict[str, Any]) -> str:
    if pair["label_conflict"]:
        return f"{pair['label']} / {pair['same_label']}: conflict"
    return str(pair["label"] or "")


def list_rejects(results: QualityResults) -> str:
    """HTML of the rejects: a chart of their codes, and examples of each."""
    by_code: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in results.rejects.to_pylist():
        by_code[row["code"]].append(row)
    if not by_code:
        return "<p>none</p>"
    ranked = sorted(by_code, key=lambda code: (-len(by_code[code]), code))
    cells = [
        [code if i == 0 else "", row["source_uri"], row["message"]]
        for code in ranked
        for i, row in enumerate(by_code[code][:_EXAMPLES])
    ]
    chart = draw_bars({code: len(by_code[code]) for code in ranked})
    return chart + make_table(cells, ["code", "source", "found"])


def list_limits() -> str:
    """HTML of a table of all checks with their limits."""
    cells = [[check.title, check.name, check.found] for check in CHECKS]
    note = (
        "<p>Each clip has its numbers in <code>measurements.parquet</code>; the checks that it "
        "fails are in the column <code>faults</code>, which is empty for a sound clip. "
        f"Minor: below {FEW:.0%} of the clips; serious: {MANY:.0%} and more, or {FEW:.0%} where it "
        "spoils labels or splits. "
        "Limits and their sources: docs/QUALITY.md.</p>"
    )
    return note + make_table(cells, ["check", "name in faults", "fails a clip"])


def read_numbers(rows: pa.Table, column: str) -> Array:
    """A column as float64 [N]; NaN for null.

    Args:
        rows: A table of N rows.
        column: Name of a column of numbers.
    """
    return np.asarray(rows.column(column).to_numpy(), np.float64)


def _matrix(rows: pa.Table, column: str, width: int) -> Array:
    values = pc.list_flatten(rows.column(column)).to_numpy(zero_copy_only=False)
    return np.asarray(values, np.float64).reshape(len(rows), width)


def _by_topology(rows: pa.Table) -> list[tuple[str, pa.Table]]:
    """The clips of each of the most frequent skeletons."""
    names = list(_sorted(Counter(rows.column("topology").to_pylist())))[:_SKELETONS]
    return [(name, rows.filter(pc.equal(rows.column("topology"), name))) for name in names]


def _label_bars(labels: Counter[str], unit: str = "") -> str:
    ranked = _sorted(labels)
    if len(ranked) <= _LABELS:
        return draw_bars(ranked, unit, _HALF)
    names, half = list(ranked), _LABELS // 2
    first, last = ({name: ranked[name] for name in part} for part in (names[:half], names[-half:]))
    between = f"<p>… {len(names) - _LABELS} more between …</p>"
    return draw_bars(first, unit, _HALF) + between + draw_bars(last, unit, _HALF)


def _named(rows: pa.Table, column: str) -> str:
    counts = Counter(_plain(value) for value in rows.column(column).to_pylist())
    return _label_bars(counts, " clips")


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sorted(counts: Counter[str]) -> dict[str, float]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _who(rows: pa.Table) -> str:
    """Subjects by cameras, or by setups where no camera is named."""
    stated = [name for name in ("camera", "setup") if rows.column(name).null_count < len(rows)]
    if not stated:
        subjects = Counter(
            subject or "not stated" for subject in rows.column("subject").to_pylist()
        )
        return _label_bars(subjects)
    across = stated[0]
    who = zip(rows.column("subject").to_pylist(), rows.column(across).to_pylist(), strict=True)
    counts = Counter((subject or "not stated", view or "not stated") for subject, view in who)
    down, over = (sort_names(key[i] for key in counts) for i in (0, 1))
    return make_count_table(counts, down, over, f"subject \\ {across}")
