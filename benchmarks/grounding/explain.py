"""Do the rationales of the offline teacher explain their labels, and in which words?

    python -m benchmarks.grounding.explain --shared ../shared --work scratch

For each class of three corpora: the share of its clips whose rationale tells the defining fact of
the class (:mod:`.truths`; a fact counts only where ``verify`` calls it true), and the share of
clips of other classes that tell it, as if they had been explained under this wrong label: the
teacher never looks at the label, so the same facts are told whatever the label says. Then the
words: how well the class can be told from the text alone, how many different words there are, and
how many rationales begin alike.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.grounding.text_classifier import cut_label, score_texts
from benchmarks.grounding.truths import Truths, load_truths, tells_defining
from benchmarks.learning.eye.corpus import Corpus, load_corpus
from benchmarks.table import publish_table
from skeletonllm.rationales import KinematicTeacher, Rationale, Step

CORPORA = ("utd_mhad", "nw_ucla", "msr_action3d")
TOLD, SPECIFIC = 0.8, 0.2
"""Of a class that is explained: least share of its clips, and most of those of the others."""


@dataclass(frozen=True)
class Flags:
    """Flags of this benchmark."""

    shared: Path = Path("../shared")
    """Folder that holds ``data/corpora``."""
    work: Path = Path("build/grounding")
    """Where unpacked corpora are kept."""
    stride: int = 1
    """Take every so many-th clip of the tables of facts; the text classifier takes all."""
    tellings: int = 4
    """Variants a clip that the text classifier reads; the tables look at the first."""
    json: str | None = None
    """Write the tables here as well."""


def main(flags: Flags) -> int:
    """Explain all clips, and print the tables."""
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    summary: list[dict[str, Any]] = []
    for name in CORPORA:
        corpus = load_corpus(name, flags.shared, flags.work)
        variants = range(flags.tellings)
        tellings = [list(KinematicTeacher().rationales(clip, variants)) for clip in corpus.clips]
        told = [variants[0] for variants in tellings]
        texts += [rationale.text for rationale in told]
        rows += score_classes(corpus, told, load_truths(name), flags.stride)
        summary.append(describe_text(corpus, told, score_corpus(corpus, tellings)))
    publish_table("defining facts told, by class", rows, flags.json)
    explained = [row for row in rows if row["told"] >= TOLD]
    publish_table(
        "all",
        [
            {
                "classes": len(rows),
                f"told in >= {TOLD:.0%}": len(explained),
                "and in others <= 20 %": sum(
                    row["told by others"] <= SPECIFIC for row in explained
                ),
                "mean told by others": f"{sum(r['told by others'] for r in rows) / len(rows):.3f}",
                "distinct words": count_words(texts),
                "most frequent opening": describe_opening(texts),
            }
        ],
        None,
    )
    publish_table("words", summary, None)
    return 0


def score_classes(
    corpus: Corpus, told: Sequence[Rationale], truths: Truths, stride: int
) -> list[dict[str, Any]]:
    """A row a class: how often its defining fact is told in its clips, and in those of others.

    Args:
        corpus: The clips.
        told: A rationale a clip.
        truths: What defines each class.
        stride: Take every so many-th clip.
    """
    facts = [_true_steps(rationale) for rationale in told]
    rows = []
    for number, name in enumerate(corpus.classes):
        tells = [tells_defining(steps, truths.classes[name].defining) for steps in facts]
        own = [t for t, label in zip(tells, corpus.labels, strict=True) if label == number]
        others = [t for t, label in zip(tells, corpus.labels, strict=True) if label != number]
        row = {"corpus": corpus.name, "class": name, "clips": len(own[::stride])}
        row |= {"told": _mean(own[::stride]), "told by others": _mean(others[::stride])}
        rows.append(row)
    return rows


def score_corpus(corpus: Corpus, tellings: Sequence[Sequence[Rationale]]) -> float:
    """How well the class of a test clip can be told from its text.

    Args:
        corpus: The clips.
        tellings: Rationales of each clip.
    """
    texts = [[rationale.text for rationale in told] for told in tellings]
    groups = [str(clip.subject) for clip in corpus.clips]
    return score_texts(texts, corpus.labels, corpus.train, corpus.test, groups)


def describe_text(corpus: Corpus, told: Sequence[Rationale], accuracy: float) -> dict[str, Any]:
    """What the rationales of a corpus are like.

    Args:
        corpus: The clips.
        told: A rationale a clip.
        accuracy: Of the text classifier.
    """
    texts = [rationale.text for rationale in told]
    steps = [step for rationale in told for step in rationale.steps]
    return {
        "corpus": corpus.name,
        "text to class": f"{accuracy:.3f}",
        "steps a rationale": f"{len(steps) / len(told):.1f}",
        "steps with a cause": f"{_mean([bool(step.causes) for step in steps]):.2f}",
        "true": f"{_mean([step.verdict == 'true' for step in steps]):.3f}",
        "kinds": len({step.motion for step in steps}),
        "numbers": sum(len(re.findall(r" [0-9]+", cut_label(text))) for text in texts),
        "flagged": sum(bool(rationale.flags) for rationale in told),
        "distinct words": count_words(texts),
    }


def count_words(texts: Sequence[str]) -> int:
    """Distinct words of the texts without their labels."""
    return len({word for text in texts for word in re.findall(r"[a-z']+", cut_label(text).lower())})


def describe_opening(texts: Sequence[str]) -> str:
    """The most frequent first three words of the texts, and the share that begins with them."""
    openings = Counter(" ".join(text.split()[:3]) for text in texts)
    words, count = openings.most_common(1)[0]
    return f"{words!r}: {count / len(texts):.1%}"


def _true_steps(rationale: Rationale) -> list[Step]:
    return [step for step in rationale.steps if step.verdict == "true"]


def _mean(values: Sequence[bool]) -> float:
    return round(sum(values) / max(len(values), 1), 3)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
