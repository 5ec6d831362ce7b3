"""What is right without looking: how far the words of questions give their answers away."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from statistics import fmean
from typing import Any

from skeletonllm.rationales.language import parse_claims
from skeletonllm.tasks.draws import draw_number

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Blind:
    """What answers without pictures get right, of the questions of one kind.

    Args:
        count: Questions.
        chance: Right if a choice is drawn.
        usual: Right if, of its choices, the one is taken that is right most often where it can be
            chosen. That is learnt of the questions of this kind about one half of the clips, and
            told of the other half. Of sentences, the movement and its part count: "the left hand
            sinks" is as any hand that goes down.
        worded: The same, learnt of those with the same question alone, or
            of all where there is none. "Which hand goes up?" and "Which hand does not go up?" are
            two.
    """

    count: int
    chance: float
    usual: float
    worded: float

    def to_json(self) -> dict[str, float]:
        """Plain data."""
        return asdict(self)


def measure_blind(rows: Sequence[Row]) -> dict[str, Blind]:
    """The blind baselines of each kind.

    Args:
        rows: Of :data:`schemas.QUESTION`, with choices.
    """
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        kinds[row["kind"]].append(row)
    return {kind: _measure_kind(found) for kind, found in sorted(kinds.items())}


def count_answers(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """Kind -> answer -> how often; of kinds whose answers are sentences, only the short ones.

    Args:
        rows: Of :data:`schemas.QUESTION`.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        told = row["answer"] if row["kind"] in _CLOSED or row["form"] == "yes_no" else "a sentence"
        found[row["kind"]][told] += 1
    return {kind: dict(sorted(answers.items())) for kind, answers in sorted(found.items())}


_SHORT = 2
"""Words of an answer that is no sentence; longer ones that are none say so when they are read."""
_CLOSED = ("side", "count", "direction", "body_part", "attribute", "person")


def _measure_kind(rows: Sequence[Row]) -> Blind:
    halves: tuple[list[Row], list[Row]] = ([], [])
    for row in rows:
        halves[draw_number("blind", row["clip_id"]) % 2].append(row)
    right = [
        found
        for learnt, asked in (halves, halves[::-1])
        for found in _answer_blindly(learnt, asked)
    ]
    means = [fmean(column) for column in zip(*right, strict=True)]
    return Blind(len(rows), *means)


def _answer_blindly(
    learnt: Sequence[Row], asked: Sequence[Row]
) -> Iterator[tuple[float, float, float]]:
    """How right each way to answer is, for each question that is asked."""
    usual, worded = _Prior(), _Prior()
    for row in learnt:
        usual.add("", row)
        worded.add(_strip(row), row)
    for row in asked:
        chance = 1 / len(row["choices"])
        by_kind = usual.guess("", row, chance)
        yield chance, by_kind, worded.guess(_strip(row), row, by_kind)


class _Prior:
    """How often each choice was offered, and was right, under a key."""

    def __init__(self) -> None:
        self._offered: Counter[tuple[str, str]] = Counter()
        self._right: Counter[tuple[str, str]] = Counter()
        self._keys: Counter[str] = Counter()

    def add(self, key: str, row: Row) -> None:
        self._keys[key] += 1
        self._right[key, _name(row["answer"])] += 1
        for choice in row["choices"]:
            self._offered[key, _name(choice)] += 1

    def guess(self, key: str, row: Row, unknown: float) -> float:
        """How right the best guess is, 0..1, ties shared; ``unknown`` where nothing is known."""
        if not self._keys[key]:
            return unknown
        named = {choice: (key, _name(choice)) for choice in row["choices"]}
        shares = {
            choice: (self._right[name] + 1) / (self._offered[name] + 2)
            for choice, name in named.items()
        }
        best = max(shares.values())
        guessed = [choice for choice, share in shares.items() if share >= best - 1e-9]
        return (row["answer"] in guessed) / len(guessed)


@lru_cache(maxsize=1 << 16)
def _name(choice: str) -> str:
    """What a choice is counted as: of a sentence, the movement and its part."""
    if len(choice.split()) <= _SHORT:
        return choice
    claim = parse_claims(f"{choice}.")[0]
    return f"{claim.motion} {claim.part}" if claim.part else choice


def _strip(row: Row) -> str:
    """The question without its opening, which says whom it is about."""
    return str(row["question"].rpartition("picture. ")[2])
