"""``report.html`` of a release: one page, without scripts and without network.

Possible problems come first: rejects, missing joints, the verdicts on the rationales. Then follow
pictures of the motions, and the lineage.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pyarrow as pa

from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.release.draft import Draft
from skeletonllm.shards import read_sample
from skeletonllm.storage.tables import TableFile
from skeletonllm.topology import get_topology
from skeletonllm.visualization.charts import draw_bars
from skeletonllm.visualization.page import (
    make_facts,
    make_page,
    make_quote,
    make_section,
    make_table,
)
from skeletonllm.visualization.svg import draw_stick_figures

_PICTURES = 60
"""Classes shown with a clip, one each."""
_EXAMPLES = 10
"""Rejects quoted in full."""


def make_report(folder: str, draft: Draft) -> str:
    """The report of a release, as HTML.

    Args:
        folder: Of the shards: their tars give the pictures.
        draft: What the release says.
    """
    head, numbers, contents = draft.head, draft.numbers, draft.contents
    title = f"{head['name']} {head['version']}"
    body = [
        make_facts(_overview(head, numbers)),
        make_section("Refused", draw_bars(numbers["rejects"]), _rejects(contents.rejects)),
        make_section("Unobserved joints, % of frames", *_missing(numbers["missing_joints"])),
        make_section("Noticed or repaired", draw_bars(numbers["flags"], " clips")),
        make_section("Rationales", *_rationales(numbers["rationales"], contents.rationales)),
        make_section("Licences", _licences(draft.licences)),
        make_section("Clips by class", *_classes(numbers["labels"])),
        make_section("One clip of each class", _SIDES, *_pictures(folder, contents.index)),
        make_section("Clips by corpus and skeleton", *(draw_bars(numbers[k]) for k in _KINDS)),
        *(
            make_section(f"Clips by {name}", draw_bars(counts))
            for name, counts in numbers["splits"].items()
        ),
        make_section("Lineage", make_quote(_json(head["lineage"]))),
    ]
    return make_page(title, body)


_KINDS = ("corpora", "topologies")
_SIDES = (
    "<p>Six frames of the first clip, not mirrored: the person's left is blue, right is red.</p>"
)


def _overview(head: dict[str, Any], numbers: dict[str, Any]) -> dict[str, Any]:
    seconds, frames = numbers["seconds"], numbers["frames"]
    refused = head["counts"]["rejects"]
    share = refused / max(refused + numbers["clips"], 1)
    return {
        "clips": f"{numbers['clips']} in {head['counts']['shards']} shards",
        "refused": f"{refused} ({share:.1%} of clips and refusals)",
        "length": _spread(seconds, "s") + "; " + _spread(frames, "frames"),
        "persons in a clip": _listed(numbers["persons"]),
        "frames a second": _listed(numbers["fps"]),
        "captions": numbers["captions"],
        "normalized as": _listed(numbers["profiles"]),
        "may be redistributed": head["licences"]["redistribute"],
        "cut for": head["audience"],
    }


def _spread(spread: dict[str, float], unit: str) -> str:
    if not spread:
        return "none"
    median, low, high, most = (spread[name] for name in ("median", "p5", "p95", "max"))
    return f"median {median:g} {unit}, 90 % in {low:g} to {high:g}, at most {most:g}"


def _listed(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items())


def _rejects(rejects: TableFile) -> str:
    rows = next(rejects.batches(rows=_EXAMPLES), rejects.schema.empty_table()).to_pylist()
    cells = [[row["code"], row["source_uri"], row["message"]] for row in rows]
    more = len(rejects) - len(rows)
    after = f"<p>{more} more in rejects.parquet</p>" if more else ""
    return make_table(cells) + after


def _missing(missing: dict[str, Any]) -> list[str]:
    parts = []
    for name, entry in missing.items():
        joints = zip(get_topology(name).joints, entry["joints"], strict=True)
        worst = {joint: round(100 * share, 2) for joint, share in joints if share > 0}
        parts.append(
            f"<h3>{escape(name)}: {entry['share']:.2%} of all joints</h3>{draw_bars(worst, ' %')}"
        )
    return parts


def _rationales(numbers: dict[str, Any], table: TableFile) -> list[str]:
    if not numbers["count"]:
        return ["<p>none</p>"]
    grounded = numbers["grounded"]
    facts = {
        "rationales": numbers["count"],
        "teachers": _listed(numbers["teachers"]),
        "steps": f"{numbers['steps']} ({_listed(numbers['verdicts'])})",
        "grounded": f"median {grounded['median']:g}, lowest 5 % up to {grounded['p5']:g}",
        "cost": f"{numbers['tokens']} tokens, {numbers['usd']:.2f} USD",
    }
    example = next(t for t in table.batches(["text"]) if len(t)).column("text")[0].as_py()
    return [make_facts(facts), draw_bars(numbers["status"]), make_quote(example)]


def _licences(licences: dict[str, Any]) -> str:
    rows = [
        [
            name,
            f"{terms['clips']} clips",
            f"redistribute: {terms['redistribute']}",
            terms["url"] or "no terms known",
        ]
        for name, terms in licences.items()
    ]
    return make_table(rows)


def _classes(labels: dict[str, dict[str, int]]) -> list[str]:
    named = [f"<h3>{escape(name)}: {len(counts)} classes</h3>" for name, counts in labels.items()]
    charts = [draw_bars(dict(sorted(counts.items()))) for counts in labels.values()]
    return [part for pair in zip(named, charts, strict=True) for part in pair]


def _pictures(folder: str, index: TableFile) -> list[str]:
    """The first clip of each class, drawn from its tar."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for table in index.batches():
        for row in _first_of_classes(table):
            first.setdefault((row["label_namespace"] or "", row["label"] or "no label"), row)
    shown = [first[key] for key in sorted(first)][:_PICTURES]
    return [
        f"<figure>{_drawn(folder, row)}<figcaption>"
        f"{escape(row['label'] or 'no label')} ({escape(row['clip_id'])})</figcaption></figure>"
        for row in shown
    ]


def _first_of_classes(index: pa.Table) -> list[dict[str, Any]]:
    """One row of each class of a part of the index, in order."""
    numbered = index.select(["label_namespace", "label"])
    numbered = numbered.append_column("row", pa.array(range(len(index)), pa.int64()))
    grouped = numbered.group_by(["label_namespace", "label"], use_threads=False)
    at = sorted(grouped.aggregate([("row", "min")]).column("row_min").to_pylist())
    rows: list[dict[str, Any]] = index.take(at).to_pylist()
    return rows


def _drawn(folder: str, row: dict[str, Any]) -> str:
    """The strip of a sample, or a sentence why there is none."""
    failed: list[Reject] = []
    drawn = ""
    with isolate_clip(ClipName(row["clip_id"], row["shard"]), "cut_release", failed):
        drawn = draw_stick_figures(read_sample(folder, row).motion)
    return drawn or f"<p>No picture: {escape(failed[0].message)}</p>"


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False)
