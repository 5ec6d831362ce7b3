"""``report.html``: one page, no script, no network, on which a person decides whether to trust it.

What would make one not trust it comes first: what was refused, what is missing, what the judge of
the rationales found; then what the motions look like; then where it all came from.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pyarrow as pa

from skeletonllm.release.draft import Draft
from skeletonllm.shards import load_topologies, read_sample
from skeletonllm.topology import get_topology
from skeletonllm.visualization.svg import bars, strip

_PICTURES = 60
"""Classes shown with a clip, one each."""
_EXAMPLES = 10
"""Rejects quoted in full."""

_STYLE = """
body { font: 14px/1.5 sans-serif; max-width: 860px; margin: 2em auto; padding: 0 1em; color: #222 }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2em; border-bottom: 1px solid #ccc }
table { border-collapse: collapse } td, th { padding: 2px 12px 2px 0; text-align: left;
vertical-align: top } th { color: #666; font-weight: normal } svg text { font-size: 12px }
svg rect { fill: #4c78a8 } pre { white-space: pre-wrap; background: #f6f6f6; padding: 1em }
figure { margin: 0 0 1em } figcaption { color: #666 } .bad { color: #b00 }
"""


def report(folder: str, draft: Draft) -> str:
    """The page.

    Args:
        folder: The release being built: its tars give the pictures.
        draft: What the release says.
    """
    head, numbers, contents = draft.head, draft.numbers, draft.contents
    title = f"{head['name']} {head['version']}"
    body = [
        f"<h1>{escape(title)}</h1>",
        _facts(_overview(head, numbers)),
        _section("Refused", bars(numbers["rejects"]), _rejects(contents.rejects)),
        _section("Unobserved joints, % of frames", *_missing(numbers["missing_joints"])),
        _section("Noticed or repaired", bars(numbers["quality"], " clips")),
        _section("Rationales", *_rationales(numbers["rationales"], contents.rationales)),
        _section("Licences", _licences(draft.licences)),
        _section("Clips by class", *_classes(numbers["labels"])),
        _section("One clip of each class", _SIDES, *_pictures(folder, contents.index)),
        _section("Clips by corpus and skeleton", *(bars(numbers[k]) for k in _KINDS)),
        *(_section(f"Clips by {name}", bars(counts)) for name, counts in numbers["splits"].items()),
        _section("Lineage", f"<pre>{escape(_json(head['lineage']))}</pre>"),
    ]
    page = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{page}</head>\n<body>\n'
        + "\n".join(body)
        + ("\n</body></html>\n")
    )


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


def _facts(rows: dict[str, Any]) -> str:
    cells = [f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in rows.items()]
    return f"<table>{''.join(cells)}</table>"


def _section(title: str, *parts: str) -> str:
    return f"<h2>{escape(title)}</h2>\n" + "\n".join(parts)


def _rejects(rejects: pa.Table) -> str:
    rows = rejects.slice(0, _EXAMPLES).to_pylist()
    cells = [
        f"<tr><td>{escape(r['code'])}</td><td>{escape(r['source_uri'])}</td>"
        f"<td>{escape(r['message'])}</td></tr>"
        for r in rows
    ]
    more = len(rejects) - len(rows)
    after = f"<p>{more} more in rejects.parquet</p>" if more else ""
    return f"<table>{''.join(cells)}</table>{after}"


def _missing(missing: dict[str, Any]) -> list[str]:
    parts = []
    for name, entry in missing.items():
        joints = zip(get_topology(name).joints, entry["joints"], strict=True)
        worst = {joint: round(100 * share, 2) for joint, share in joints if share > 0}
        parts.append(
            f"<h3>{escape(name)}: {entry['share']:.2%} of all joints</h3>{bars(worst, ' %')}"
        )
    return parts


def _rationales(numbers: dict[str, Any], table: pa.Table) -> list[str]:
    if not numbers["count"]:
        return ["<p>none</p>"]
    grounded = numbers["grounded"]
    said = {
        "rationales": numbers["count"],
        "teachers": _listed(numbers["teachers"]),
        "steps": f"{numbers['steps']} ({_listed(numbers['verdicts'])})",
        "grounded": f"median {grounded['median']:g}, lowest 5 % up to {grounded['p5']:g}",
        "cost": f"{numbers['tokens']} tokens, {numbers['usd']:.2f} USD",
    }
    example = table.column("text")[0].as_py()
    return [_facts(said), bars(numbers["status"]), f"<pre>{escape(example)}</pre>"]


def _licences(licences: dict[str, Any]) -> str:
    rows = [
        f"<tr><td>{escape(name)}</td><td>{terms['clips']} clips</td>"
        f"<td>redistribute: {escape(terms['redistribute'])}</td>"
        f"<td>{escape(terms['url'] or 'no terms known')}</td></tr>"
        for name, terms in licences.items()
    ]
    return f"<table>{''.join(rows)}</table>"


def _classes(labels: dict[str, dict[str, int]]) -> list[str]:
    named = [f"<h3>{escape(name)}: {len(counts)} classes</h3>" for name, counts in labels.items()]
    charts = [bars(dict(sorted(counts.items()))) for counts in labels.values()]
    return [part for pair in zip(named, charts, strict=True) for part in pair]


def _pictures(folder: str, index: pa.Table) -> list[str]:
    """The first clip of each class, drawn from the tars of the release itself."""
    load_topologies(folder)
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in index.to_pylist():
        first.setdefault((row["label_namespace"] or "", row["label"] or "no label"), row)
    shown = [first[key] for key in sorted(first)][:_PICTURES]
    return [
        f"<figure>{strip(read_sample(folder, row).motion)}<figcaption>"
        f"{escape(row['label'] or 'no label')} ({escape(row['clip_id'])})</figcaption></figure>"
        for row in shown
    ]


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False)
