"""A trail for people: rows under titles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from skeletonllm.release.trace.rebuild import Rebuilt
from skeletonllm.release.trace.trail import Trail

Rows = dict[str, Any]


def list_topics(trail: Trail) -> Iterator[tuple[str, Rows]]:
    """Title and rows of each topic, from the sample back to its file."""
    yield "Sample", trail.sample
    yield "Release", _flat(trail.release)
    yield "Clip", _flat(trail.clip)
    yield "Licence", _flat(trail.licence)
    for stage in (*trail.made_by, *trail.stages):
        yield f"Stage {stage['stage']}", _flat(_shorten(stage))
    for number, row in enumerate(trail.rationales):
        yield f"Rationale {number + 1} of {len(trail.rationales)}", _flat(row)
    if trail.rationales:
        sums = {n: sum(row[n] for row in trail.rationales) for n in ("tokens_in", "tokens_out")}
        usd = sum(row["usd"] for row in trail.rationales)
        yield "Rationales, all", {**sums, "usd": f"{usd:.4f}"}
    if trail.negatives:
        yield f"Hardest negatives of {trail.clip['label']!r}", _rank(trail)
    if trail.questions:
        asked = {f"{q['kind']}, by {q['source']}": q["count"] for q in trail.questions}
        yield "Questions", asked


def _shorten(stage: Mapping[str, Any]) -> Rows:
    """Parameters as rows of their own; counts are of the whole stage and not of the clip."""
    kept = {k: v for k, v in stage.items() if k not in ("stage", "counts", "config", "reader")}
    reader = {f"reader {k}": v for k, v in stage.get("reader", {}).items()}
    return {**kept, **reader, **stage.get("config", {})}


def _rank(trail: Trail) -> Rows:
    views: dict[str, list[str]] = {}
    for row in trail.negatives:
        views.setdefault(f"view {row['view']}", []).append(f"{row['candidate']} {row['score']:.3f}")
    return {view: ", ".join(named) for view, named in views.items()}


def _flat(data: Mapping[str, Any]) -> Rows:
    """Nested data on one line each; what is null says so."""
    return {name: _show(value) for name, value in data.items()}


def _show(value: Any) -> Any:
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_show(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(_show(inner)) for inner in value) or "none"
    return value


def describe_rebuilt(rebuilt: Rebuilt) -> Rows:
    """The proof as rows: what is equal, and what is not."""
    return {
        "raw file": rebuilt.file or "not found",
        "the file is that of the release": _yes(rebuilt.same_file),
        "motion made of it now": rebuilt.motion_sha256 or "none",
        "the motion is that of the release": _yes(rebuilt.same_motion),
        "the whole sample is that of the release": _yes(rebuilt.same_content),
        "code now, and then": f"{rebuilt.code}, {rebuilt.recorded_code or 'not recorded'}",
        **({"why": rebuilt.why} if rebuilt.why else {}),
    }


def _yes(value: bool) -> str:
    return "yes" if value else "NO"
