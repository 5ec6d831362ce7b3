"""Are sentences that lie about their claim caught? One word changed in 1,000 composed sentences.

    python -m benchmarks.grounding.edits

Claims are drawn evenly over the kinds, of one person and of two, half with a cause. A row tells how
many changes of a kind of word were caught, and how many sentences nobody changed were accused.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import tyro

from benchmarks.grounding.word_edits import KINDS, Edit, edit_sentence
from benchmarks.table import publish_table
from skeletonllm.rationales.language import (
    Measure,
    Phrasing,
    compose_sentence,
    find_sentence_faults,
    list_claims,
)
from skeletonllm.rationales.rationale import Step

VARIANTS = 50
"""More than any list of phrases is long."""


@dataclass(frozen=True)
class Flags:
    """What to try.

    Args:
        edits: How many sentences are changed.
        seed: Of what is drawn.
        json: File for the table, as JSON.
        show: How many changes that were not caught are printed.
    """

    edits: int = 1000
    seed: int = 0
    json: str | None = None
    show: int = 10


@dataclass(frozen=True)
class Told:
    """A true sentence.

    Args:
        claim: What it tells.
        causes: The steps that it names as causes.
        measure: That it tells; None for none.
        text: The sentence.
    """

    claim: Step
    causes: tuple[Step, ...]
    measure: Measure | None
    text: str

    def find_faults(self, text: str) -> tuple[str, ...]:
        """Where another text disagrees with the claim of this one."""
        return find_sentence_faults(text, self.claim, self.causes, self.measure)


@cache
def _list_by_motion(person: int) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = defaultdict(list)
    for claim in list_claims(person, counts=(1, 2, 3, 5)):
        if claim.motion != "other":
            found[claim.motion].append(claim)
    return found


def draw_told(rng: random.Random) -> Told:
    """A random claim, perhaps with a cause, in a sentence."""
    persons = rng.choice((1, 2))
    cause, claim = _draw_claim(rng, persons), _draw_claim(rng, persons)
    caused = rng.random() < 0.5 and cause != claim
    claim = replace(claim, id=2, start_s=0.4, end_s=1.4, causes=(1,) if caused else ())
    measure = rng.choice((None, Measure(0.62, "metres"), Measure(85.0, "degrees", 160.0)))
    phrasing = Phrasing(persons, rng.randrange(VARIANTS), str(rng.random()), measures=True)
    text = compose_sentence(
        claim, [cause, claim], phrasing, pace=rng.choice(("", "quickly", "slowly")), measure=measure
    )
    return Told(claim, (cause,) if caused else (), measure, text)


def _draw_claim(rng: random.Random, persons: int) -> Step:
    claims = _list_by_motion(rng.randrange(persons))
    while True:
        claim = rng.choice(claims[rng.choice(sorted(claims))])
        if persons > 1 or not claim.target.startswith("other person"):
            return claim


def draw_edits(number: int, seed: int) -> Iterator[tuple[Told, Edit]]:
    """Sentences, and each with one word changed; kinds of words take turns.

    Args:
        number: How many.
        seed: Of what is drawn.
    """
    rng = random.Random(seed)
    kinds = list(KINDS)
    for index in range(number):
        edit = None
        while edit is None:
            told = draw_told(rng)
            edit = edit_sentence(told.text, rng, kinds[index % len(kinds)])
        yield told, edit


def tabulate_edits(edits: Sequence[tuple[Told, Edit]]) -> list[dict[str, Any]]:
    """A row a kind of word, and one of all: how many were changed, caught, accused unchanged."""
    rows = []
    for kind in (*KINDS, "all"):
        chosen = [(told, edit) for told, edit in edits if kind in (edit.kind, "all")]
        caught = sum(bool(told.find_faults(edit.text)) for told, edit in chosen)
        accused = sum(bool(told.find_faults(told.text)) for told, _ in chosen)
        share = 100 * caught / max(len(chosen), 1)
        rows.append(
            {
                "word": kind,
                "changed": len(chosen),
                "caught %": f"{share:.1f}",
                "accused unchanged": accused,
            }
        )
    return rows


def main(flags: Flags) -> None:
    edits = list(draw_edits(flags.edits, flags.seed))
    publish_table("Changed words that are caught", tabulate_edits(edits), flags.json)
    missed = [(told, edit) for told, edit in edits if not told.find_faults(edit.text)]
    for told, edit in missed[: flags.show]:
        print(f"{edit.kind}: {edit.was} -> {edit.now}: {told.text} -> {edit.text}")


if __name__ == "__main__":
    main(tyro.cli(Flags))
