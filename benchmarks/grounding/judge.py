"""Is the judge of claims itself right? Told truths are changed, and truths by definition are asked.

    python -m benchmarks.grounding.judge --stride 10

The offline teacher explains the clips of three corpora. What the judge called true of a clip is
made false (another cause, count, level, side, clip, or time backwards), and it must see that. And
truths that were written by hand from the definitions of the classes must not be contradicted.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from benchmarks.grounding.probes import (
    give_random_causes,
    mirror_steps,
    move_counts,
    move_levels,
    put_on_motion,
    reverse_windows,
)
from benchmarks.grounding.truths import CORPORA, load_truths, to_steps
from benchmarks.learning.eye.corpus import Corpus, load_corpus
from benchmarks.table import publish_table
from schemas.rationale import VERDICTS
from skeletonllm.motion import Motion
from skeletonllm.rationales import KinematicTeacher, Step, verify_steps

TRUE, CONTRADICTED, UNVERIFIABLE = VERDICTS
TRUTHS = "truths by definition"


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    shared: Path = Path("../shared")
    """Folder that holds ``data/corpora/``."""
    work: Path = Path("out/grounding")
    """Where unpacked corpora are kept from one run to the next."""
    corpora: tuple[str, ...] = CORPORA
    """Which corpora."""
    stride: int = 1
    """Take every n-th clip."""
    seed: int = 0
    """Of all that is drawn."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True)
class Bound:
    """What is asked of a probe.

    Args:
        verdict: Which share is bounded.
        least: Smallest share.
        most: Largest share.
    """

    verdict: str
    least: float = 0.0
    most: float = 1.0

    def __str__(self) -> str:
        sign, share = (">=", self.least) if self.least > 0 else ("<=", self.most)
        return f"{self.verdict} {sign} {share:.0%}"


BOUNDS: dict[str, Bound] = {
    "a random earlier cause": Bound(CONTRADICTED, least=0.60),
    "count 1 told as 2": Bound(CONTRADICTED, least=0.98),
    "count 2 told as 1, 3 or 4": Bound(CONTRADICTED, least=0.98),
    "count 3+ moved by 3 or 4": Bound(CONTRADICTED, least=0.98),
    "count 3+ moved by 1": Bound(TRUE, least=0.50),
    "level moved by one": Bound(TRUE, most=0.20),
    "claims of another class": Bound(TRUE, most=0.20),
    "mirrored": Bound(CONTRADICTED, least=0.95),
    "time backwards": Bound(CONTRADICTED, least=0.97),
    TRUTHS: Bound(CONTRADICTED, most=0.05),
}
"""Probe -> its bound. A count that is moved by one may be two off, if the told one was one off."""
_MIRRORED_BY_VIEW = Bound(CONTRADICTED, least=0.90)
"""Where sensors stand behind people too, left and right are less sure."""

At = tuple[str, str, str, str]
"""Probe, corpus, kind (the motion of the claim) and class of the clip."""
_ASIDE = 1000
"""Ids from here on are of no rationale."""

Rows = list[dict[str, Any]]


@dataclass
class Tally:
    """Counts of verdicts.

    Args:
        counts: Where -> verdict -> how often.
    """

    counts: dict[At, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, at: At, verdict: str) -> None:
        """One verdict more.

        Args:
            at: Where.
            verdict: One of ``schemas.rationale.VERDICTS``.
        """
        self.counts[at][verdict] += 1

    def to_rows(self, name: str, key: Callable[[At], str | None]) -> Rows:
        """Rows of one grouping, a probe after the other.

        Args:
            name: Of the grouping.
            key: Group of each; None to leave it out.
        """
        groups: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for at, counts in sorted(self.counts.items()):
            if (group := key(at)) is not None:
                groups[at[0], group].update(counts)
        order = list(BOUNDS)
        ranked = sorted(groups, key=lambda at: (order.index(at[0]), at[1]))
        return [make_row(probe, name, group, groups[probe, group]) for probe, group in ranked]


def main(flags: Flags) -> int:
    start = time.monotonic()
    tally = Tally()
    for name in flags.corpora:
        corpus = load_corpus(name, flags.shared, flags.work)
        probe_corpus(corpus, tally, flags.stride, flags.seed)
        print(f"{name}: judged after {time.monotonic() - start:.0f} s", flush=True)
    rows = [
        *tally.to_rows("corpus", lambda at: at[1]),
        *tally.to_rows("all", lambda _: ""),
        *tally.to_rows("kind", lambda at: at[2]),
        *tally.to_rows("class", lambda at: f"{at[1]}: {at[3]}" if at[0] == TRUTHS else None),
    ]
    publish_table("The judge of claims, judged", rows, flags.json)
    return 0


def make_row(probe: str, grouping: str, group: str, counts: Counter[str]) -> dict[str, Any]:
    """One line of the table.

    Args:
        probe: One of :data:`BOUNDS`.
        grouping: What kind of group it is; only whole corpora have a bound.
        group: Which one.
        counts: Verdict -> how often.
    """
    total = sum(counts.values())
    shares = {verdict: counts[verdict] / max(total, 1) for verdict in VERDICTS}
    by_view = probe == "mirrored" and group == "nw_ucla"
    bound = _MIRRORED_BY_VIEW if by_view else BOUNDS[probe]
    met = bound.least <= shares[bound.verdict] <= bound.most
    bounded = grouping in ("corpus", "all")
    return {
        "probe": probe,
        "by": grouping,
        "of": group,
        "claims": total,
        **{verdict: f"{share:.1%}" for verdict, share in shares.items()},
        "bound": str(bound) if bounded else "",
        "met": ("yes" if met else "no") if bounded else "",
    }


def probe_corpus(corpus: Corpus, tally: Tally, stride: int, seed: int) -> None:
    """Add the verdicts of all probes on every n-th clip of a corpus.

    Args:
        corpus: Whose clips.
        tally: Gets the verdicts.
        stride: n.
        seed: Of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    truths = load_truths(corpus.name)
    teacher = KinematicTeacher()
    clips = corpus.clips[::stride]
    told = [teacher.rationale(clip).steps for clip in clips]
    labels = np.array([str(clip.label) for clip in clips])
    for number, clip in enumerate(clips):
        label = labels[number]
        others = np.flatnonzero(labels != label)
        other = told[int(rng.choice(others))] if len(others) else ()
        for probe, kind, verdict in judge_told(told[number], other, clip.motion, rng):
            tally.add((probe, corpus.name, kind, label), verdict)
        for kind, verdict in judge_truths(truths.classes[label].truths, clip.motion):
            tally.add((TRUTHS, corpus.name, kind, label), verdict)


def judge_told(
    steps: Sequence[Step], other: Sequence[Step], motion: Motion, rng: np.random.Generator
) -> Iterator[tuple[str, str, str]]:
    """Probe, kind and verdict of each claim that was changed.

    Args:
        steps: What was told of the clip.
        other: What was told of a clip of another class.
        motion: Of the clip.
        rng: Draws the changes.
    """
    true, others = ([s for s in told if s.verdict == TRUE] for told in (steps, other))
    counts = {step.id: step.count for step in true}
    caused = {step.id: step for step in give_random_causes(steps, rng)}
    probes = [
        *((name_count_probe(counts[s.id]), s) for s in move_counts(true, rng, far=True)),
        *(("count 3+ moved by 1", step) for step in move_counts(true, rng, far=False)),
        *(("level moved by one", step) for step in move_levels(true, rng)),
        *(("claims of another class", step) for step in put_on_motion(others, motion)),
        *(("mirrored", step) for step in mirror_steps(true)),
    ]
    # Causes are named by id, so what stands beside them gets ids of its own.
    aside = [replace(step, id=_ASIDE + n) for n, (_, step) in enumerate(probes)]
    verdicts = _judge([*(caused.get(step.id, step) for step in steps), *aside], motion)
    for step, verdict in zip(steps, verdicts[: len(steps)], strict=True):
        if step.id in caused and step.verdict == TRUE:
            yield "a random earlier cause", step.motion, verdict
    for (probe, step), verdict in zip(probes, verdicts[len(steps) :], strict=True):
        yield probe, step.motion, verdict
    backwards = reverse_windows(true, motion)
    for step, verdict in zip(backwards, _judge(backwards, motion.reversed()), strict=True):
        yield "time backwards", step.motion, verdict


def name_count_probe(count: int) -> str:
    """The probe of a count that was moved far."""
    words = {1: "count 1 told as 2", 2: "count 2 told as 1, 3 or 4"}
    return words.get(count, "count 3+ moved by 3 or 4")


def _judge(steps: Sequence[Step], motion: Motion) -> list[str]:
    """Verdicts of claims; ids may be equal where nothing names a cause."""
    return [v.verdict for v in verify_steps(steps, motion)] if steps else []


def judge_truths(truths: Sequence[Any], motion: Motion) -> Iterator[tuple[str, str]]:
    """Kind of each truth, and its verdict: the best of its alternatives.

    Args:
        truths: As in the file.
        motion: Of the clip.
    """
    claims = [to_steps(truth, motion.duration_s) for truth in truths]
    first = [[s for s in steps if s.count == steps[0].count] for steps in claims]
    found = _judge_each(first, motion)
    # Most hold with the first count; the others are only looked at where it does not.
    rest = [
        [] if TRUE in verdicts else [s for s in steps if s.count != steps[0].count]
        for steps, verdicts in zip(claims, found, strict=True)
    ]
    for steps, early, late in zip(claims, found, _judge_each(rest, motion), strict=True):
        verdicts = early + late
        best = next((v for v in (TRUE, UNVERIFIABLE) if v in verdicts), CONTRADICTED)
        yield steps[0].motion, best


def _judge_each(claims: Sequence[Sequence[Step]], motion: Motion) -> list[list[str]]:
    """Verdicts of lists of claims, judged in one go: a body is measured once."""
    verdicts = iter(_judge([step for steps in claims for step in steps], motion))
    return [[next(verdicts) for _ in steps] for steps in claims]


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
