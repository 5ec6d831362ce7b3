"""The summary of a report in plain sentences: what is fine, what is not, and what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.normalize.handedness import MirrorEvidence, pool_evidence
from skeletonllm.quality.checks import CHECKS, Check
from skeletonllm.quality.results import QualityResults

TRUSTED, USABLE = 0.95, 0.8
"""Share of clips without a fault from which a corpus may be used as it is, or without the rest.
Of five real corpora (docs/QUALITY.md) the sound ones have 0.86 to 0.92, one with a whole view of
wrong coordinates 0.49."""
FEW, MANY = 0.01, 0.1
"""Share of clips up to which a fault is minor, and from which it is serious. One clip of a hundred
can be left out; of ten clips, a whole camera, subject or class may be affected."""

LEVELS = ("serious", "look", "minor", "fine", "unknown")
"""How bad something is, the worst first; ``unknown`` where it could not be measured."""

_BATCH = 4096


@dataclass(frozen=True)
class SummaryLine:
    """One sentence of the summary.

    Args:
        level: One of :data:`LEVELS`.
        title: What it is about.
        text: The sentence.
        advice: What to do; empty if nothing needs to be done.
    """

    level: str
    title: str
    text: str
    advice: str = ""


def summarize_corpus(results: QualityResults) -> SummaryLine:
    """The first sentence of the report: whether the corpus can be used as it is."""
    clips, sound = len(results.rows), results.sound
    if not clips:
        return SummaryLine("serious", "There is nothing to trust", "No clip was read.")
    share, left = sound / clips, clips - sound
    text = f"{sound:,} of {clips:,} clips ({share:.1%}) pass every check.{_left_of_labels(results)}"
    if share >= TRUSTED:
        rest = f" Leave out the {left:,} others, or look at them below." if left else ""
        return SummaryLine("fine", "You can trust this corpus", text + rest)
    if share >= USABLE:
        return SummaryLine(
            "look", "Trust it without the clips named here", f"{text} Leave out the other {left:,}."
        )
    return SummaryLine("serious", "Look before you trust it", f"{text} The main reasons are below.")


def _left_of_labels(results: QualityResults) -> str:
    """How many of the label that keeps the fewest if all clips with faults are left out."""
    faults = results.rows.column("faults").to_pylist()
    labels = results.rows.column("label").to_pylist()
    sound = Counter({label: 0 for label in labels if label is not None})
    sound.update(label for label, names in zip(labels, faults, strict=True) if label and not names)
    if len(sound) < 2:
        return ""
    rarest = min(sound, key=lambda label: (sound[label], label))
    return f" Of each label at least {sound[rarest]:,} do (“{rarest}”)."


def summarize_checks(results: QualityResults) -> list[SummaryLine]:
    """A line about reading and about each check, the worst first."""
    lines = [_rejected(results), *_checked(results)]
    return sorted(lines, key=lambda line: LEVELS.index(line.level))


def _checked(results: QualityResults) -> list[SummaryLine]:
    clips, counts = max(len(results.rows), 1), results.by_fault
    lines = []
    for check in CHECKS:
        count = counts[check.name]
        if not count:
            lines.append(_without(check, results))
            continue
        worse, share = _worse(check.name, results), count / clips
        rating = "serious" if worse and share >= FEW else grade_share(share)
        text = f"{_clips(count)} ({share:.1%}) {check.found}.{worse}"
        lines.append(SummaryLine(rating, check.title, text, check.advice))
    return lines


def _without(check: Check, results: QualityResults) -> SummaryLine:
    """The line of a check that no clip fails, or that could not be made."""
    batches = results.rows.to_batches(_BATCH)
    rows = (row for batch in batches for row in batch.to_pylist())
    if all(check.amount(row) is None for row in rows):
        return SummaryLine("unknown", check.title, f"Cannot be measured here{check.needs}.")
    return SummaryLine("fine", check.title, f"{check.sound}.")


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count:,} clips"


def grade_share(share: float) -> str:
    """The level of a fault that this share of all clips has: ``minor``, ``look``, ``serious``."""
    return "minor" if share < FEW else "look" if share < MANY else "serious"


def _worse(name: str, results: QualityResults) -> str:
    """What makes a fault serious even where it is not common, as another sentence."""
    if name == "mirrored" and _mirrored(results.rows):
        return " All clips together look mirrored: this is how the corpus was written."
    if name == "label_conflict":
        return " At least one of the two is wrong, or both motions are."
    return _leaks(results) if name == "duplicate" else ""


def _mirrored(rows: pa.Table) -> bool:
    """Whether the evidence of all clips together says so."""
    names = ("mirrored", "handedness", "handedness_frames")
    columns = (rows.column(name).to_pylist() for name in names)
    return bool(pool_evidence(map(MirrorEvidence, *columns)).mirrored)


def _leaks(results: QualityResults) -> str:
    """Copies under another camera or subject matter most: splits are made by these."""
    differ = Counter(pc.list_flatten(results.duplicates.column("differ")).to_pylist())
    counts = [
        f"{differ[what]:,} under another {what}"
        for what in ("subject", "camera", "setup")
        if differ[what]
    ]
    if not counts:
        return ""
    return f" Of these, {', '.join(counts)}: such a split would test on what it trained on."


def _rejected(results: QualityResults) -> SummaryLine:
    refused, clips = len(results.rejects), len(results.rows)
    if not refused:
        return SummaryLine("fine", "Reading", "Every source was read.")
    share = refused / (refused + clips)
    codes = Counter(results.rejects.column("code").to_pylist()).most_common(3)
    named = ", ".join(f"{code} {count:,}" for code, count in codes)
    return SummaryLine(
        grade_share(share),
        "Reading",
        f"{refused:,} of {refused + clips:,} sources or clips ({share:.1%}) not read: {named}.",
        "see Rejects; compare with the corpus' own list of missing clips",
    )
