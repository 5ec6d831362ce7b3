"""Evaluations and baselines as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jobs.common import console

if TYPE_CHECKING:
    from rich.table import Table


def show_evaluation(result: Mapping[str, Any]) -> None:
    """Print what ``evaluation.json`` says: a table a namespace, then the conditions.

    Args:
        result: As it was written.
    """
    for namespace, scores in result["results"].items():
        of = f" of {namespace}" if namespace else ""
        console.print(_table(f"{result['judged']}{of}", scores))
    conditions = result.get("conditions", {})
    if conditions:
        console.print(_compare(result["results"], conditions))
    for remark in result.get("remarks", []):
        console.print(f"note: {remark}", markup=False)


def _table(title: str, scores: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_footer=True, caption_justify="left")
    table.caption = "\n".join([*scores.get("remarks", []), *_remark(scores)])
    table.add_column("class", "all")
    table.add_column("clips", str(scores["clips"]), justify="right")
    table.add_column("right", scores["summary"], justify="right")
    for name, counts in scores.get("by_class", {}).items():
        share = counts["right"] / counts["clips"]
        table.add_row(name, str(counts["clips"]), f"{share:.1%}")
    return table


def _remark(scores: Mapping[str, Any]) -> list[str]:
    """A sentence each for other scorings, controls, and what the model wrote."""
    said = []
    if others := scores.get("scorings"):
        told = ", ".join(f"{name.replace('_', ' ')} {top1:.1%}" for name, top1 in others.items())
        said.append(f"by other scores: {told}")
    if both := scores.get("generalized"):
        told = ", ".join(f"{name} {share:.1%}" for name, share in both.items())
        said.append(f"mean over classes: {told}")
    for kind, counts in scores.get("by_kind", {}).items():
        blind = f", black picture {counts['blind']:.1%}" if "blind" in counts else ""
        said.append(f"{kind}: {counts['top1']:.1%} of {counts['clips']}{blind}")
    return said + _remark_written(scores.get("written", {}))


def _remark_written(written: Mapping[str, Any]) -> list[str]:
    said = [f"written: {written['summary']}"] if "summary" in written else []
    rules = {rule: written[rule]["right"] for rule in ("exact", "published") if rule in written}
    if rules:
        told = ", ".join(f"{share:.1%} by the {rule} match" for rule, share in rules.items())
        said.append(f"written: {told}")
    if steps := written.get("steps"):
        said.append(f"steps that are true: {steps['true_steps']:.1%}; {steps['steps']}")
    if captions := written.get("captions"):
        said.append(f"captions: {captions['summary']}")
    return said


def _compare(own: Mapping[str, Any], conditions: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title="shown otherwise", title_justify="left")
    for name in ("condition", "namespace", "clips", "right"):
        table.add_column(name, justify="right" if name in ("clips", "right") else "left")
    for condition, by_namespace in {"own": own, **conditions}.items():
        for namespace, scores in by_namespace.items():
            table.add_row(condition, namespace, str(scores["clips"]), scores["summary"])
    return table
