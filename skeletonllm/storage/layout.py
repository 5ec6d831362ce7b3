"""Where things lie in the folder of a stage and of a release.

A stage's folder has ``plan.json``, ``manifest.json``, and folders named by their kind of part, so
that ``out/clips`` may be called after what it holds without saying so twice.
"""

from __future__ import annotations

PLAN = "plan.json"
MANIFEST = "manifest.json"

PARTS = "parts"
"""What a stage is there to make, a ``part-NNNNN.parquet`` a unit: clips, rationales, negatives."""

REJECTS = "rejects"
"""What it refused, a part a unit."""

READER = "reader.json"
"""Of ``normalize``: which reader it was, and of which package and version."""

WORK = "work"
"""What a stage needs while it runs (answers one by one, the ledger; samples that are not in their
tars yet); no manifest lists it."""

PACKED = f"{WORK}/packed"
"""Of ``build_shards``: the samples of each part of clips, on their way into the tars."""

INDEX = "index"
"""Of ``build_shards``: where each sample lies; ``index.parquet`` in a release."""

TARS = "tars"
"""Of ``build_shards``: the shards themselves."""

SHARDS = "shards"
"""Of a release: the shards themselves."""

LOCK = ".lock"
"""End of the name of a lock, which begins with a dot; see :mod:`skeletonllm.storage.lock`."""

MEASUREMENTS, DUPLICATES = "measurements", "duplicates"
"""Of ``quality``: a row a clip; and a row a clip that was seen before."""

PREDICTIONS = "predictions"
"""Of ``evaluate``: what each tested clip was taken for, with the score of every candidate."""


def is_lock(path: str) -> bool:
    """Whether a file is a lock, and no part of what a folder holds."""
    name = path.rsplit("/", 1)[-1]
    return name.startswith(".") and name.endswith(LOCK)


def table_file(name: str) -> str:
    """The file of a whole table, as a release and a quality report have them.

    Example:
        >>> table_file(INDEX)
        'index.parquet'
    """
    return f"{name}.parquet"
