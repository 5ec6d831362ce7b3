"""A difference for people: sections of rows, on the screen and as Markdown for a changelog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.release.card import make_markdown_table
from skeletonllm.release.diff.classes import ClassChanges
from skeletonllm.release.diff.clips import ClipChanges
from skeletonllm.release.diff.difference import Contents, Difference
from skeletonllm.release.diff.numbers import Moved, MovedNumbers
from skeletonllm.release.diff.origin import LayoutChanges, TermChanges
from skeletonllm.release.diff.rankings import RankingChanges
from skeletonllm.release.diff.rationales import QuestionChanges, RationaleChanges
from skeletonllm.release.diff.rows import Ids
from skeletonllm.release.diff.samples import SampleChanges
from skeletonllm.release.diff.step import Judgement
from skeletonllm.release.diff.survival import Survival

NAMED = 3
"""Ids that are named in a row."""
MOST_ROWS = 20
"""Rows of a section; what is left is counted, and the JSON has it."""
_SHOWN = 12
_TOLD_BEFORE = (
    "labels / ",
    "rationales / status",
    "rationales / teachers",
    "rationales / verdicts",
)
"""Numbers that other sections show."""
Row = tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One topic.

    Args:
        title: Of the topic.
        header: Names of the columns.
        rows: One tuple a row.
        left: Rows that are not shown.
    """

    title: str
    header: Row
    rows: tuple[Row, ...] = field(default=())
    left: int = 0


def list_sections(found: Difference) -> list[Section]:
    """The topics in which something changed, and what goes on of orders and states.

    Hashes of the later release are not shown: while it is built it has none.
    """
    topics = [] if found.contents is None else list(_of_contents(found.contents))
    if found.samples is not None:
        topics.append(_make("Within samples", ("", "samples"), _of_samples(found.samples)))
    header = ("", "before", "now")
    topics.append(_make("Code, sources, settings", header, _of_changes(found.lineage)))
    topics.append(_make("Order and saved states", ("", ""), _of_survival(found.survival)))
    return [section for section in topics if section.rows]


def _make(title: str, header: Row, rows: Iterator[Row]) -> Section:
    every = tuple(rows)
    return Section(title, header, every[:MOST_ROWS], max(0, len(every) - MOST_ROWS))


def _of_contents(contents: Contents) -> Iterator[Section]:
    change = ("", "before", "now")
    yield _make("Clips", ("", "clips", "which"), _of_clips(contents.clips))
    yield _make("Classes", change, _of_classes(contents.classes))
    yield _make("Rationales", change, _of_rationales(contents.rationales))
    yield _make("Questions", change, _of_questions(contents.questions))
    yield _make("Negatives", change, _of_rankings(contents.negatives))
    header = ("number", "before", "now", "change")
    yield _make("Statistics that moved", header, _of_numbers(contents.numbers))
    yield _make("Licences", change, _of_terms(contents.terms))
    yield _make("Files", change, _of_layout(contents.layout))


def _of_clips(clips: ClipChanges) -> Iterator[Row]:
    for title, ids, corpora in (
        ("added", clips.added, clips.added_by_corpus),
        ("removed", clips.removed, clips.removed_by_corpus),
    ):
        if ids:
            listed = ", ".join(f"{name}: {count:,}" for name, count in corpora.items())
            yield title, f"{ids.count:,}", f"{listed}; {_name(ids)}"
    for name, change in clips.fields.items():
        filled = f"{change.filled:,} had none: " if change.filled else ""
        yield f"{name} changed", f"{change.ids.count:,}", filled + _name(change.ids)
    for old, new, count in clips.relabelled:
        yield f"{old} -> {new}", f"{count:,}", ""
    if clips.other is None:
        yield "other fields", "-", "samples of another version: not comparable"
    elif clips.other:
        yield "other fields changed", f"{clips.other.count:,}", _name(clips.other)
    if clips.repacked:
        yield "packed otherwise", f"{clips.repacked:,}", "equal content, other bytes"
    if clips.moved:
        yield "in another tar", f"{clips.moved:,}", ""


def _name(ids: Ids) -> str:
    more = ids.count - min(NAMED, ids.count)
    return ", ".join(ids.first[:NAMED]) + (f" and {more:,} more" if more else "")


def _of_classes(classes: ClassChanges) -> Iterator[Row]:
    for name, (old, new) in classes.renumbered.items():
        yield f"{name}: label_id", str(old), str(new)
    for name, (old, new) in classes.clips.items():
        told = "added" if old is None else "removed" if new is None else "clips"
        yield f"{name}: {told}", _cell(old), _cell(new)


def _of_ids(rows: Sequence[tuple[str, Ids]]) -> Iterator[Row]:
    for title, ids in rows:
        if ids:
            yield title, "", f"{ids.count:,}: {_name(ids)}"


def _of_rationales(told: RationaleChanges) -> Iterator[Row]:
    if told.before != told.after:
        yield "rationales", f"{told.before:,}", f"{told.after:,}"
    kinds = ("added", "removed", "reworded", "rejudged", "retold")
    yield from _of_ids([(kind, getattr(told, kind)) for kind in kinds])
    yield from ((f"view {name}", "", "its rationales are gone") for name in told.lost)
    if told.grounded[0] != told.grounded[1]:
        yield "grounded, mean", *(_cell(value) for value in told.grounded)
    for title, changes in (
        ("status", told.status),
        ("verdict", told.verdicts),
        ("teacher", told.teachers),
    ):
        yield from _of_changes(changes, f"{title} ")
    if told.usd[0] != told.usd[1]:
        yield "cost, USD", f"{told.usd[0]:.2f}", f"{told.usd[1]:.2f}"


def _of_questions(asked: QuestionChanges) -> Iterator[Row]:
    if asked.before != asked.after:
        yield "questions", f"{asked.before:,}", f"{asked.after:,}"
    kinds = ("added", "removed", "reworded", "moved", "reanswered")
    yield from _of_ids([(kind, getattr(asked, kind)) for kind in kinds])
    yield from _of_changes(asked.kinds, "kind ")


def _of_rankings(ranked: RankingChanges) -> Iterator[Row]:
    if ranked.before != ranked.after:
        yield "ranked pairs", f"{ranked.before:,}", f"{ranked.after:,}"
    for title, names in (
        ("added", ranked.added),
        ("removed", ranked.removed),
        ("selects otherwise", ranked.redefined),
    ):
        for name in names:
            yield f"view {name}", "", title
    for name, view in ranked.views.items():
        old, new = view.classes
        yield f"view {name}: classes ranked", f"{old:,}", f"{new:,}"
        shared = "" if view.shared is None else f"; {view.shared:.1%} of them stayed"
        yield f"view {name}: other hardest candidates", "", f"{view.changed:,} classes{shared}"


def _of_numbers(numbers: MovedNumbers) -> Iterator[Row]:
    for number in numbers.told:
        if number.name.startswith(_TOLD_BEFORE):
            continue
        yield number.name, _cell(number.old), _cell(number.new), _change(number)
    if numbers.below:
        yield f"{numbers.below:,} others", "", "", f"less than {numbers.least:.1%}"


def _change(number: Moved) -> str:
    if number.relative is not None:
        return f"{number.relative:+.1%}"
    return "new" if number.old is None else "gone" if number.new is None else "from zero"


def _of_terms(terms: TermChanges) -> Iterator[Row]:
    for title, (old, new) in (
        ("audience", terms.audience),
        ("redistribution of the whole", terms.redistribute),
    ):
        if old != new:
            yield title, old, new
    yield from _of_changes(
        {n: _show_terms(pair) for n, pair in terms.licences.items()}, "terms of "
    )
    yield from _of_changes(terms.clips, "clips under ")
    if terms.tightened:
        yield "clips under tighter terms", "", f"at least {terms.tightened:,}"


def _show_terms(pair: Sequence[Any]) -> list[Any]:
    return [t and f"redistribute: {t.get('redistribute')}, {t.get('url') or '-'}" for t in pair]


def _of_layout(layout: LayoutChanges) -> Iterator[Row]:
    yield from _of_changes(layout.versions, "layout of ")
    for name, (old, new) in layout.skeletons.items():
        yield f"skeleton {name}", *(value[:_SHOWN] if value else "-" for value in (old, new))
    kept, tars = layout.tars_kept, layout.tars
    if layout.tar_bytes[0] != layout.bytes_kept or layout.tar_bytes[1] != layout.bytes_kept:
        yield "tars", f"{tars[0]:,}", f"{tars[1]:,}, of which {kept:,} are unchanged"
        old, new = (f"{size / 1e6:,.1f} MB" for size in layout.tar_bytes)
        sent = layout.tar_bytes[1] - layout.bytes_kept
        yield "bytes of tars", old, f"{new}, of which {sent / 1e6:,.1f} MB are new"
    for path in layout.files:
        yield path, "", "changed"


def _of_samples(samples: SampleChanges) -> Iterator[Row]:
    if samples.read:
        yield "read from both", f"{samples.read:,}"
    for name, count in samples.fields.items():
        yield f"{name} changed", f"{count:,}"
    if samples.motions:
        yield "stored motion changed", f"{samples.motions:,}"
    if samples.reshaped:
        yield "of these, of other frames, persons or joints", f"{samples.reshaped:,}"
    if samples.moved is not None:
        low, middle, high = samples.moved
        way = f"{middle:g} ({low:g} to {high:g})"
        yield "largest way of a joint, in its unit: median (range)", way
        yield "farthest", ", ".join(samples.told[:NAMED])


def _of_changes(changes: Mapping[str, Sequence[Any]], prefix: str = "") -> Iterator[Row]:
    for name, (old, new) in changes.items():
        yield prefix + name, _cell(old), _cell(new)


def _of_survival(survival: Survival) -> Iterator[Row]:
    same = "the same" if survival.same_order else "another: the hash of the release is part of it"
    yield "order of each (view, seed, epoch)", same
    yield "hash of a view", "the same: it depends on the rules of the view alone"
    yield "saved state of a stream", f"{survival.state}: {survival.why}"
    candidates = "the same, in the same order" if survival.candidates else "others"
    yield "classes to choose from", candidates
    yield "samples at the place where they lay", f"{survival.kept_place:.1%}"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def write_changelog(found: Difference, judged: Judgement) -> str:
    """The entry of a changelog, as Markdown.

    Args:
        found: What differs.
        judged: Which step that is.
    """
    old, new = found.old, found.new
    since = old.version if old.name == new.name else f"{old.name} {old.version}"
    lines = [f"## {new.name} {new.version}", "", f"Since {since} ({old.sha256[:_SHOWN]}):"]
    lines += [f"{judged.sentence}.", ""]
    lines += [f"- {reason.step.word}: {reason.text}" for reason in judged.reasons]
    return "\n".join(lines) + "\n" + "".join(map(_write_section, list_sections(found)))


def _write_section(section: Section) -> str:
    table = make_markdown_table(section.header, list(section.rows))
    left = f"\n\n{section.left:,} more rows." if section.left else ""
    return f"\n### {section.title}\n\n{table}{left}\n"
