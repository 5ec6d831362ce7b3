"""What a trained model takes training clips for: the source ``confusions``.

It comes from a file of :data:`schemas.PREDICTION`. Only training clips may be in it: what a model
makes of test clips must not decide what it is trained on next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas import CLIP, PREDICTION
from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.negatives.descriptors.robust_scale import FloatArray
from skeletonllm.negatives.descriptors.rows import Key
from skeletonllm.negatives.held_out import take_softmax
from skeletonllm.negatives.rank import BySource, spread_scores
from skeletonllm.storage import exists, read_table, sha256_of
from skeletonllm.storage.files import filesystem
from skeletonllm.storage.plan import stated_parts
from skeletonllm.storage.versions import check_table
from skeletonllm.views.view import COLUMNS, NamedView

SOURCE = "confusions"
"""Name of this source in :data:`schemas.negative.SOURCES`."""
_ROWS = 1024
"""Predictions in memory at a time: each names all candidates."""


@dataclass(frozen=True)
class TrainingClip:
    """What a prediction is checked against.

    Args:
        label: The class of the clip.
        namespace: Of the label.
        views: Names of those that see it; at least one.
    """

    label: str
    namespace: str
    views: tuple[str, ...]


@dataclass(eq=False)
class PredictionTally:
    """What the clips of each class were taken for.

    Args:
        labels: C classes that may be named.
    """

    labels: tuple[str, ...]
    mass: FloatArray = field(init=False)
    asked: FloatArray = field(init=False)
    taken: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.mass, self.asked, self.taken = (np.zeros((len(self.labels),) * 2) for _ in range(3))
        self._at = {label: at for at, label in enumerate(self.labels)}

    def add(self, label: str, candidates: Sequence[str], scores: Sequence[float]) -> None:
        """Count one clip in; candidates that may not be named are as if they had not been asked.

        Args:
            label: Its class, one of the labels.
            candidates: Classes that the model chose from.
            scores: Logit of each.
        """
        known = [(self._at[c], s) for c, s in zip(candidates, scores, strict=True) if c in self._at]
        if not known:
            return
        at, own = [place for place, _ in known], self._at[label]
        chances = take_softmax(np.array([[score for _, score in known]]))[0]
        self.mass[own, at] += chances
        self.asked[own, at] += 1
        self.taken[own, at[int(chances.argmax())]] += 1

    def to_sources(self) -> dict[str, BySource]:
        """Label -> ``confusions`` -> mean probability of each candidate that was ever asked."""
        chances = np.where(self.asked > 0, self.mass / np.maximum(self.asked, 1), np.nan)
        scores = spread_scores(self.labels, np.asarray(np.round(chances, 6), np.float64))
        return {label: {SOURCE: told} for label, told in scores.items() if told}

    def to_reasons(self) -> dict[tuple[str, str], str]:
        """(Label, candidate) -> how many of its clips were taken for it."""
        clips = self.taken.sum(axis=1)
        return {
            (self.labels[i], self.labels[j]): describe_taken(self.taken[i, j], clips[i], "clips")
            for i, j in zip(*np.nonzero(self.asked), strict=True)
            if i != j
        }


def describe_taken(taken: float, clips: float, what: str) -> str:
    """``taken for it in 7 of 32 held-out clips``.

    Args:
        taken: How many were.
        clips: Of how many.
        what: What they are called.
    """
    return f"taken for it in {int(taken)} of {int(clips)} {what}"


def tally_predictions(
    url: str,
    folders: Sequence[str],
    views: Sequence[NamedView],
    classes: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> dict[Key, PredictionTally]:
    """What a model takes the classes of each view for.

    Args:
        url: A parquet file of :data:`schemas.PREDICTION`.
        folders: Finished ``normalize`` folders.
        views: What is mined.
        classes: Name of a view -> namespace -> the classes that it shows.

    Raises:
        UsageError: A clip of the file is in the training part of no view, is twice there, or has
            another label here.
        SchemaError: It is no such file.
    """
    clips = find_training_clips(folders, views)
    tallies = {
        (view, space): PredictionTally(labels)
        for view, by_space in classes.items()
        for space, labels in by_space.items()
    }
    met: set[str] = set()
    for table in iter_predictions(url):
        _check_clips(url, table, clips, met)
        for row in table.to_pylist():
            clip = clips[row["clip_id"]]
            for view in clip.views:
                tally = tallies[view, clip.namespace]
                tally.add(clip.label, row["candidates"], row["scores"])
    return tallies


def hash_predictions(url: str) -> str:
    """SHA-256 of a file of predictions.

    Raises:
        UsageError: There is no such file.
    """
    if not exists(url):
        raise UsageError("no such file", where=url)
    return sha256_of(url)[0]


def iter_predictions(url: str) -> Iterator[pa.Table]:
    """Some rows of a file of :data:`schemas.PREDICTION` at a time.

    Raises:
        SchemaError: It is of another schema, or its rows break the rules of this one.
    """
    fs, path = filesystem(url)
    with fs.open(path, "rb") as file, pq.ParquetFile(file, pre_buffer=False) as parquet:
        check_table(PREDICTION, parquet.schema_arrow, url)
        for batch in parquet.iter_batches(_ROWS, use_threads=False):
            whole = pa.Table.from_batches([batch]).replace_schema_metadata(
                parquet.schema_arrow.metadata
            )
            table = PREDICTION.conform(whole)
            if faults := PREDICTION.faults(table):
                raise SchemaError("; ".join(faults), where=url)
            yield table


def find_training_clips(
    folders: Sequence[str], views: Sequence[NamedView]
) -> dict[str, TrainingClip]:
    """The labelled clips that some view sees, by id.

    Args:
        folders: Finished ``normalize`` folders.
        views: What is mined.
    """
    found: dict[str, TrainingClip] = {}
    columns = list(dict.fromkeys(["clip_id", *COLUMNS]))
    for part in stated_parts(folders, "normalize"):
        table = read_table(part, columns, CLIP)
        seen = {named.name: named.view.mask(table).to_pylist() for named in views}
        for number, row in enumerate(table.to_pylist()):
            by = tuple(name for name, mask in seen.items() if mask[number])
            if by:
                space = row["label_namespace"] or ""
                found[row["clip_id"]] = TrainingClip(row["label"], space, by)
    return found


def _check_clips(
    url: str, table: pa.Table, clips: Mapping[str, TrainingClip], met: set[str]
) -> None:
    ids, labels = (table.column(name).to_pylist() for name in ("clip_id", "label"))
    strange = [clip_id for clip_id in ids if clip_id not in clips]
    if strange:
        raise UsageError(
            f"predictions of clips such as {strange[0]!r} ({len(strange)} of {len(ids)} rows)",
            expected="training clips alone, of the protocols that are mined",
            where=url,
            hint="Predict the training clips, and leave out those of test parts.",
        )
    twice = [clip_id for clip_id in ids if clip_id in met or met.add(clip_id)]  # type: ignore[func-returns-value]
    if twice:
        raise UsageError(f"{twice[0]!r} is there twice", expected="a row a clip", where=url)
    for clip_id, label in zip(ids, labels, strict=True):
        if label != clips[clip_id].label:
            found = f"label {label!r} of {clip_id!r}"
            raise UsageError(found, expected=f"{clips[clip_id].label!r}, as the clip", where=url)
