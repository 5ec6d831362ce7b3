"""Do the hardest negatives of a class hold what a classifier really takes its clips for?

    python -m benchmarks.grounding.negatives --shared ../shared --work out

Negatives are mined from the training part of a corpus. A reference classifier that shares no
feature with the miner (:mod:`benchmarks.grounding.joint_ridge`) is trained on the same part and
calibrated there; its confusions on the test part are what the first k candidates should cover.
Confusion is the probability that a test clip gives to a wrong class, averaged over clips: steadier
than counts, since a few hundred clips give a few dozen errors.

``(covered - random) / (oracle - random)``: 0 is chance, 1 is the best ranking there is, made from
the very confusions. Intervals resample test clips.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tyro

from benchmarks.grounding.joint_ridge import Array, Index, JointRidge, flatten_motion
from benchmarks.learning.eye.corpus import PROTOCOLS, Corpus, load_corpus
from benchmarks.table import publish_table
from skeletonllm.evaluation.classes import list_class_names
from skeletonllm.evaluation.training_clips import name_training_views, select_training_clips
from skeletonllm.kinematics import compute_descriptor
from skeletonllm.negatives.descriptors.rows import DESCRIPTOR
from skeletonllm.negatives.embeddings import compare_names, find_embedder
from skeletonllm.negatives.mining import Mined, mine
from skeletonllm.negatives.weights import measure_coverage

TOP = {"utd_mhad": 5, "msr_action3d": 5, "nw_ucla": 3}
"""First candidates that count: NW-UCLA has ten classes only."""
TARGETS = {"utd_mhad": 0.65, "msr_action3d": 0.40, "nw_ucla": 0.65}
"""What was asked for, of the fused ranking."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    shared: Path = Path("../shared")
    """Folder with ``data/corpora``."""
    work: Path = Path("out/negatives")
    """Where clips are kept once they were read."""
    corpora: tuple[str, ...] = tuple(TOP)
    """Which corpora."""
    resamples: int = 1000
    """Of the test clips, for the intervals."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True, eq=False)
class Yardstick:
    """The test clips of a corpus as the reference classifier sees them.

    Args:
        chances: Probabilities [N, C].
        labels: Right classes, [N].
    """

    chances: Array
    labels: Index

    def sum_mass(self, rows: Index | slice = slice(None)) -> Array:
        """Confusion mass [C, C] of some clips: row is the right class; 0 on the diagonal."""
        mass = np.zeros((self.chances.shape[1],) * 2)
        np.add.at(mass, self.labels[rows], self.chances[rows])
        np.fill_diagonal(mass, 0.0)
        return mass


def main(flags: Flags) -> int:
    rows = []
    for name in flags.corpora:
        rows += measure_corpus(load_corpus(name, flags.shared, flags.work), flags.resamples)
    title = "Test confusions of a reference classifier that the first k negatives cover"
    publish_table(title, rows, flags.json)
    return 0


def measure_corpus(corpus: Corpus, resamples: int) -> list[dict[str, Any]]:
    """A row for each source, for the fused ranking, for chance and for the best ranking."""
    top, mined, yardstick = TOP[corpus.name], mine_corpus(corpus), train_reference(corpus)
    rankings = read_rankings(mined, corpus.classes)
    draws = draw_masses(yardstick, resamples)
    mass = yardstick.sum_mass()
    spread = {n: [measure_coverage(s, m, top) for m in draws] for n, s in rankings.items()}
    single = max(
        (n for n in rankings if n != "fused"),
        key=lambda n: measure_coverage(rankings[n], mass, top),
    )
    rows = []
    for name, scores in rankings.items():
        away = np.array(spread[name]) - np.array(spread[single])
        rows.append(
            {
                **_head(corpus, yardstick),
                "ranking": name,
                "weight": round(mined.weights.by_source.get(name, 1.0), 3),
                "coverage": _tell(measure_coverage(scores, mass, top), spread[name]),
                "minus best source": _tell(
                    measure_coverage(scores, mass, top)
                    - measure_coverage(rankings[single], mass, top),
                    away,
                ),
                "covered": round(_cover(scores, mass, top), 3),
                "target": TARGETS[corpus.name] if name == "fused" else "",
            }
        )
    return rows + [_bound(corpus, yardstick, n, c) for n, c in bound_cover(mass, top).items()]


def mine_corpus(corpus: Corpus) -> Mined:
    """The stage without Ray: descriptors of the protocol's training clips, and what follows."""
    (view,) = name_training_views([PROTOCOLS[corpus.name][0]])
    clips = select_training_clips(corpus.clips, view.view)
    rows = [
        {
            "clip_id": clip.clip_id,
            "label_namespace": clip.label_namespace,
            "label": clip.label,
            "group": None if clip.subject is None else f"{clip.corpus}/{clip.subject}",
            "descriptor": compute_descriptor(clip.motion).tolist(),
            "views": [view.name],
        }
        for clip in clips
    ]
    table = pa.Table.from_pylist(rows, schema=DESCRIPTOR)
    embedder = find_embedder()
    (mined,) = mine(
        lambda: [table],
        [view],
        names_of=list_class_names,
        compare=lambda names: compare_names(names, embedder),
    )
    return mined


def train_reference(corpus: Corpus) -> Yardstick:
    """The reference classifier of the training part, on the test part."""
    vectors = np.stack([flatten_motion(clip.motion) for clip in corpus.clips])
    groups = [corpus.groups[i] for i in corpus.train]
    ridge = JointRidge(vectors[corpus.train], corpus.labels[corpus.train], groups)
    return Yardstick(ridge.predict(vectors[corpus.test]), corpus.labels[corpus.test])


def read_rankings(mined: Mined, classes: tuple[str, ...]) -> dict[str, Array]:
    """Scores [C, C] of each source and of the fused ranking, out of the table."""
    at = {name: number for number, name in enumerate(classes)}
    found: dict[str, Array] = {}
    for row in mined.ranking.to_pylist():
        said = {source["name"]: source["score"] for source in row["sources"]}
        for name, score in {**said, "fused": -float(row["rank"])}.items():
            matrix = found.setdefault(name, np.full((len(classes),) * 2, np.nan))
            matrix[at[row["label"]], at[row["candidate"]]] = score
    return found


def draw_masses(yardstick: Yardstick, resamples: int) -> list[Array]:
    """Confusion mass of test clips drawn with replacement, seeded."""
    rng, count = np.random.default_rng(0), len(yardstick.labels)
    return [yardstick.sum_mass(rng.integers(0, count, count)) for _ in range(resamples)]


def _cover(scores: Array, mass: Array, top: int) -> float:
    """Share of the mass in the first k, as it is."""
    bounds = bound_cover(mass, top)
    gained = measure_coverage(scores, mass, top) * (bounds["oracle"] - bounds["random"])
    return float(bounds["random"] + gained)


def bound_cover(mass: Array, top: int) -> dict[str, float]:
    """Share that chance and the best ranking cover."""
    best = -np.sort(-mass, axis=1)[:, :top].sum() / mass.sum()
    return {"random": top / (len(mass) - 1), "oracle": float(best)}


def _head(corpus: Corpus, yardstick: Yardstick) -> dict[str, Any]:
    right = float((yardstick.chances.argmax(axis=1) == yardstick.labels).mean())
    return {"corpus": corpus.name, "top": TOP[corpus.name], "reference right": round(right, 3)}


def _bound(corpus: Corpus, yardstick: Yardstick, name: str, covered: float) -> dict[str, Any]:
    rest = {"weight": "", "coverage": float(name == "oracle"), "minus best source": ""}
    head = _head(corpus, yardstick)
    return {**head, "ranking": name, **rest, "covered": round(covered, 3), "target": ""}


def _tell(value: float, draws: list[float] | npt.NDArray[np.float64]) -> str:
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags, description=__doc__)))
