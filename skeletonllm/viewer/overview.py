"""A release at a glance: facts, charts, tables, findings, as plain data for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skeletonllm.topology import get_topology
from skeletonllm.viewer.columns import Numbers, Rows, WordSets

_BINS = 12
_PAIRS = 30
_EXAMPLES = 10
"""Rejects quoted in full."""


@dataclass(frozen=True, eq=False)
class ReleaseFacts:
    """What the files of a release say of it as a whole.

    Args:
        head: Name, version, audience, counts, lineage and licences, as in its manifest.
        numbers: ``statistics.json``.
        licences: ``licences.json``.
        rejects: The first rows of its rejects.
        costs: A row a teacher: name, rationales, tokens in, tokens out, US dollars.
        pairs: Namespace, class, what it is taken for, why.
        findings: What ``verify`` would say a reader should know.
        changes: ``changes.md``, if any.
    """

    head: Mapping[str, Any]
    numbers: Mapping[str, Any]
    licences: Mapping[str, Any]
    rejects: Sequence[Mapping[str, Any]] = ()
    costs: Sequence[Sequence[Any]] = ()
    pairs: Sequence[Sequence[Any]] = ()
    findings: Sequence[str] = ()
    changes: str | None = None
    splits: WordSets = field(default_factory=lambda: WordSets((), (), np.zeros(0, np.int32)))


def make_overview(facts: ReleaseFacts, shown: Rows) -> dict[str, Any]:
    """The overview of a release.

    Args:
        facts: What its files say.
        shown: The rows that the page holds, for what only samples say.
    """
    return {
        "facts": list_facts(facts.head, facts.numbers),
        "charts": list(_list_charts(facts, shown)),
        "tables": _list_tables(facts),
        "findings": list(facts.findings),
        "changes": facts.changes,
        "lineage": list_lineage(facts.head),
    }


def list_facts(head: Mapping[str, Any], numbers: Mapping[str, Any]) -> list[list[str]]:
    """Names and values of what decides whether one looks further.

    Args:
        head: Of the release.
        numbers: Its statistics.
    """
    refused = head["counts"].get("rejects", 0)
    share = refused / max(refused + numbers["clips"], 1)
    facts = {
        "clips": f"{numbers['clips']:,} in {write_count(head['counts']['shards'], 'shard')}",
        "refused": f"{refused:,} ({share:.1%} of clips and refusals)",
        "length": _write_spread(numbers["seconds"], "s"),
        "frames": _write_spread(numbers["frames"], "frames"),
        "hours of motion": f"{numbers['seconds'].get('total', 0) / 3600:.2f}",
        "persons in a clip": _list_counts(numbers["persons"]),
        "frames a second": _list_counts(numbers["fps"]),
        "captions": f"{numbers['captions']:,}",
        **_list_rationale_facts(numbers["rationales"]),
        "normalized as": _list_counts(numbers["profiles"]),
        "may be redistributed": head["licences"]["redistribute"],
        "cut for": head["audience"],
    }
    return [[name, str(value)] for name, value in facts.items()]


def _list_rationale_facts(numbers: Mapping[str, Any]) -> dict[str, str]:
    if not numbers["count"]:
        return {"rationales": "none"}
    grounded = numbers["grounded"]
    return {
        "rationales": f"{numbers['count']:,}",
        "steps": f"{numbers['steps']:,} ({_list_counts(numbers['verdicts'])})",
        "grounded": f"median {grounded['median']:g}, lowest 5 % up to {grounded['p5']:g}",
        "cost": f"{write_count(numbers['tokens'], 'token')}, {numbers['usd']:.2f} USD",
    }


def _write_spread(spread: Mapping[str, float], unit: str) -> str:
    if not spread:
        return "none"
    median, low, high, most = (spread[name] for name in ("median", "p5", "p95", "max"))
    return f"median {median:g} {unit}, 90 % in {low:g} to {high:g}, at most {most:g}"


def write_count(count: int, one: str) -> str:
    """A count and what is counted: "1 file", "2,000 files".

    Args:
        count: Of them.
        one: Name of one of them.
    """
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def _list_counts(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in counts.items())


def _list_charts(facts: ReleaseFacts, shown: Rows) -> list[dict[str, Any]]:
    numbers = facts.numbers
    of_part = "" if len(shown) == numbers["clips"] else f", of the {len(shown):,} clips shown"
    rationales = numbers["rationales"]
    charts = [
        make_chart("Corpora", numbers["corpora"], column="corpus"),
        *(
            make_chart(f"Classes of {space}", dict(sorted(counts.items())), column="label")
            for space, counts in numbers["labels"].items()
        ),
        make_chart("Parts of protocols", count_words(facts.splits), column="splits"),
        *(
            make_chart(f"Clips by {name}", counts, column=name)
            for name, counts in numbers["splits"].items()
        ),
        make_chart("Persons in a clip", numbers["persons"]),
        make_chart(f"Length, s{of_part}", _bin(shown, "seconds")),
        make_chart("Skeletons", numbers["topologies"], column="topology"),
        make_chart("Noticed or repaired", numbers["flags"], column="flags"),
        *(
            make_chart(f"Unobserved joints of {name}", _list_missing(name, entry), unit="%")
            for name, entry in numbers["missing_joints"].items()
        ),
        make_chart(f"Share of joints observed{of_part}", _bin(shown, "observed")),
        make_chart("Licences", {n: t["clips"] for n, t in facts.licences.items()}),
        make_chart("Verdicts on steps", rationales.get("verdicts", {}), "steps", "verdicts"),
        make_chart(f"Grounding of rationales{of_part}", _bin(shown, "grounded")),
        make_chart("Rationales by status", rationales.get("status", {}), "rationales"),
        make_chart("Refused", numbers["rejects"], "sources"),
    ]
    return [chart for chart in charts if chart["bars"]]


def make_chart(
    title: str, counts: Mapping[str, Any], unit: str = "clips", column: str | None = None
) -> dict[str, Any]:
    """A chart of bars as plain data.

    Args:
        title: Above it.
        counts: Bars, in order.
        unit: Of the counts.
        column: In which a click on a bar looks for its name.
    """
    bars = [[str(name), count] for name, count in counts.items()]
    where = {} if column is None else {"column": column}
    return {"title": title, "unit": unit, "bars": bars, **where}


def count_words(sets: WordSets) -> dict[str, int]:
    """Rows of each word of a column of sets."""
    rows = np.bincount(sets.codes, minlength=len(sets.sets)).tolist()
    counts = dict.fromkeys(range(len(sets.words)), 0)
    for places, count in zip(sets.sets, rows, strict=True):
        for place in places:
            counts[place] += count
    return {sets.words[place]: count for place, count in counts.items()}


def _bin(rows: Rows, name: str) -> dict[str, int]:
    """A histogram of a column: its bins, named by their ends."""
    column = rows.columns[name]
    assert isinstance(column, Numbers)
    values = column.values[~np.isnan(column.values)]
    if not len(values):
        return {}
    low, high = float(values.min()), float(values.max())
    if low == high:
        return {f"{low:g}": len(values)}
    counts, edges = np.histogram(values, _BINS, (low, high))
    ends = [f"{edge:.3g}" for edge in edges.tolist()]
    named: dict[str, int] = {}
    for start, end, count in zip(ends[:-1], ends[1:], counts.tolist(), strict=True):
        name = f"{start} to {end}"
        named[name] = named.get(name, 0) + count
    return named


def _list_missing(topology: str, entry: Mapping[str, Any]) -> dict[str, float]:
    joints = zip(get_topology(topology).joints, entry["joints"], strict=True)
    return {joint: round(100 * share, 2) for joint, share in joints if share > 0}


def _list_tables(facts: ReleaseFacts) -> list[dict[str, Any]]:
    tables = [
        make_table(
            "Licences",
            ("licence", "clips", "redistribute", "terms"),
            [
                [name, terms["clips"], terms["redistribute"], terms["url"] or "no terms known"]
                for name, terms in facts.licences.items()
            ],
        ),
        make_table(
            "Costs by teacher",
            ("teacher", "rationales", "tokens in", "tokens out", "USD"),
            facts.costs,
        ),
        make_table(
            "Classes that are taken for each other",
            ("classes of", "class", "taken for", "why"),
            facts.pairs[:_PAIRS],
        ),
        make_table(
            f"Refused, the first {_EXAMPLES}",
            ("code", "source", "message"),
            [[r["code"], r["source_uri"], r["message"]] for r in facts.rejects[:_EXAMPLES]],
        ),
    ]
    return [table for table in tables if table["rows"]]


def make_table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """A table as plain data.

    Args:
        title: Above it.
        head: Names of the columns.
        rows: Cells, row by row.
    """
    return {"title": title, "head": list(head), "rows": [list(row) for row in rows]}


def list_lineage(head: Mapping[str, Any]) -> list[list[str]]:
    """Names and values of where a release came from: code, parent, sources, stages."""
    lineage = head["lineage"]
    parent = lineage.get("parent")
    facts = [["cut by", str(lineage.get("code", "not stated"))]]
    if parent:
        named = f"{parent['name']} {parent['version']}, manifest {parent['manifest_sha256']}"
        facts.append(["replaces", named])
    for corpus, source in lineage.get("sources", {}).items():
        files = write_count(source["files"], "file")
        facts.append([f"source {corpus}", f"{files}, sha256 {source['sha256']}"])
    facts += [[f"stage {s['stage']}", _write_stage(s)] for s in lineage.get("stages", ())]
    teacher = lineage.get("teacher") or {}
    if teacher.get("prompts"):
        facts.append(["prompts", ", ".join(teacher["prompts"])])
    return facts


def _write_stage(stage: Mapping[str, Any]) -> str:
    config = ", ".join(f"{name} {value}" for name, value in stage["config"].items())
    reader = stage.get("reader") or {}
    parts = [
        f"version {stage['version']}",
        stage.get("code", ""),
        f"reader {reader['reader']}" if "reader" in reader else "",
        config,
        _list_counts(stage["counts"]),
        f"content {stage['content_sha256']}",
    ]
    return "; ".join(part for part in parts if part)
