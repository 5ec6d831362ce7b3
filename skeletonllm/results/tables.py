"""The tables of a paper from evaluations that were run, published numbers beside ours.

A protocol that nobody ran keeps its row, with nothing in it: what is missing is seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from skeletonllm.evaluation import get_protocol, list_protocols
from skeletonllm.results.cells import NOTHING, show_percent
from skeletonllm.results.evaluations import Evaluated
from skeletonllm.results.texts import tabulate_questions, tabulate_texts


@dataclass(frozen=True)
class Table:
    """One table.

    Args:
        title: Its heading.
        note: What a reader must know to read it, as sentences.
        columns: Their heads.
        rows: Cells as text, one of each column.
    """

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def to_markdown(self) -> str:
        """The table under its heading."""
        rule = "|".join("---" for _ in self.columns)
        lines = [f"| {' | '.join(row)} |" for row in self.rows]
        head = f"## {self.title}\n{self.note}\n\n| {' | '.join(self.columns)} |\n|{rule}|\n"
        return head + "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Plain data: a list of rows by column."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "note": self.note, "rows": rows}


@cache
def read_published() -> dict[str, Any]:
    """What others published, with where it stands."""
    data: dict[str, Any] = json.loads(
        files("skeletonllm.results").joinpath("published.json").read_text("utf-8")
    )
    return data


def make_tables(evaluated: Sequence[Evaluated]) -> list[Table]:
    """All tables; those of tasks that nobody ran are left out, those of protocols are not.

    Args:
        evaluated: Of evaluations and baselines.
    """
    made = [
        _tabulate_recognition(evaluated, "Zero-shot, by name alone", _hides_classes),
        _tabulate_generalized(evaluated),
        _tabulate_recognition(evaluated, "Supervised, by subject, view and setup", _hides_none),
        _tabulate_cross_format(evaluated),
        _tabulate_robustness(evaluated),
        *(Table(*found) for found in (tabulate_texts(evaluated), tabulate_questions(evaluated))),
    ]
    return [table for table in made if table.rows]


def _hides_classes(protocol: str) -> bool:
    return bool(get_protocol(protocol).train.unseen)


def _hides_none(protocol: str) -> bool:
    return not _hides_classes(protocol)


_CONTROLS = (
    "Brackets: 95 %, over subjects. Leak-free: without clips whose motion training saw. Exchanged: "
    "each clip shown with the motion of another class, so that a model that reads motions is right "
    "about none. Blind: a black picture. Names shuffled: the 95th percentile where classes have "
    "each other's names; a score below it shows no understanding of names."
)
_WHO = ("protocol", "who", "right", "leak-free", "exchanged", "blind", "names shuffled", "clips")


def _tabulate_recognition(
    evaluated: Sequence[Evaluated], title: str, belongs: Callable[[str], bool]
) -> Table:
    rows: list[tuple[str, ...]] = []
    for protocol in filter(belongs, list_protocols()):
        published = [p for p in read_published()["zero_shot"] if p["protocol"] == protocol]
        rows += [
            (protocol, f"{p['method']} (published)", f"{p['top1']:.2%}", *[NOTHING] * 5)
            for p in published
        ]
        ours = [e for e in evaluated if e.protocol == protocol and _recognizes(e)]
        rows += [(protocol, *_describe(e)) for e in ours if not e.generalized]
        if not ours:
            rows.append((protocol, "ours", *[NOTHING] * 6))
    others = [e for e in evaluated if e.protocol not in list_protocols() and _recognizes(e)]
    if belongs is _hides_none:
        rows += [(e.judged, *_describe(e)) for e in others if e.judged != "other_corpora"]
    return Table(title, _CONTROLS, _WHO, tuple(rows))


def _recognizes(one: Evaluated) -> bool:
    return "top1" in one.scores and "shuffled_names" in one.scores


def _describe(one: Evaluated) -> tuple[str, ...]:
    scores = one.scores
    interval = scores.get("by_subject", {}).get("interval95")
    between = f" ({show_percent(interval[0])} to {show_percent(interval[1])})" if interval else ""
    return (
        one.who,
        show_percent(scores["top1"]) + between,
        show_percent(scores.get("leak_free", {}).get("top1")),
        show_percent(one.top1("exchanged")),
        show_percent(scores.get("scorings", {}).get("blind")),
        show_percent(scores["shuffled_names"]["p95"]),
        str(scores["clips"]),
    )


def _tabulate_generalized(evaluated: Sequence[Evaluated]) -> Table:
    note = (
        "All classes of the corpus are candidates. Means over classes (Xian et al., TPAMI 2018), "
        "and their harmonic mean."
    )
    rows = [
        (e.protocol, e.who, *(show_percent(e.scores["generalized"][name]) for name in _BOTH))
        for e in evaluated
        if e.generalized
    ]
    return Table("Generalized zero-shot", note, ("protocol", "who", *_BOTH), tuple(rows))


_BOTH = ("seen", "unseen", "harmonic")


def _tabulate_cross_format(evaluated: Sequence[Evaluated]) -> Table:
    note = "Weights untouched: trained on one corpus, asked about another."
    rows: list[tuple[str, ...]] = [
        (p["trained"], p["tested"], f"{p['method']} (published)", f"{p['top1']:.2%}", NOTHING)
        for p in read_published()["cross_format"]
    ]
    rows += [
        (", ".join(e.trained), e.namespace, *_describe(e)[:2], _describe(e)[-1])
        for e in evaluated
        if e.judged == "other_corpora" and "top1" in e.scores
    ]
    head = ("trained on", "tested on", "who", "right", "clips")
    return Table("Across formats", note, head, tuple(rows))


def _tabulate_robustness(evaluated: Sequence[Evaluated]) -> Table:
    """A row a condition, a column an evaluation that has conditions."""
    having = [e for e in evaluated if len(_changed(e)) > 0]
    names = list(dict.fromkeys(name for e in having for name in _changed(e)))
    columns = [f"{e.protocol}, {e.who}" for e in having]
    rows = [("own", *(show_percent(e.scores["top1"]) for e in having))] if having else []
    rows += [(n, *(show_percent(e.top1(n)) for e in having)) for n in sorted(names, key=_by_amount)]
    note = "The same checkpoint, shown changed motions. What each change is: docs/EVALUATION.md."
    return Table("Robustness", note, ("shown", *columns), tuple(rows))


def _changed(one: Evaluated) -> list[str]:
    return [n for n, s in one.conditions.items() if "=" in n and "top1" in s]


def _by_amount(name: str) -> tuple[str, float]:
    kind, _, amount = name.partition("=")
    return kind, -float(amount) if kind == "frame_rate" else float(amount)


def write_markdown(tables: Iterable[Table], evaluated: Sequence[Evaluated]) -> str:
    """All tables as one page, with where each published number stands.

    Args:
        tables: As :func:`make_tables` gives them.
        evaluated: What they were made of.
    """
    methods: Mapping[str, str] = read_published()["methods"]
    sources = "\n".join(f"- {name}: {where}." for name, where in methods.items())
    ran = f"{len(evaluated)} results of ours. Published numbers:\n{sources}\n"
    return "\n".join(["# Tables", ran, *(table.to_markdown() for table in tables)])
