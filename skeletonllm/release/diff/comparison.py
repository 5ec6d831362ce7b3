"""Two releases compared: by their tables, and by some samples where these decide the step."""

from __future__ import annotations

from dataclasses import replace

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release.diff.difference import Difference, compare_tables
from skeletonllm.release.diff.numbers import LEAST
from skeletonllm.release.diff.samples import SampleChanges, compare_samples
from skeletonllm.release.diff.side import Side, open_side
from skeletonllm.release.diff.step import find_hidden
from skeletonllm.shards.strange import refuse_strange

MOST_READ = 1000
"""Samples of each release that are read though nobody asked for it: some seconds."""


def compare_releases(
    old: str, new: str, *, least: float = LEAST, samples: bool = False
) -> Difference:
    """All that differs between two releases.

    Tables are read, each checked against its manifest; two releases of 100,000 clips take some
    seconds.

    Args:
        old: Folder of the earlier one.
        new: Folder of the later one.
        least: Smallest relative change of a number of the statistics that is told.
        samples: Read the samples that changed from the tars of both, and say which of their fields
            did and how far joints moved. Without it they are read where they decide the step of
            the version, and are at most :data:`MOST_READ`.

    Raises:
        UsageError: A folder holds no release.
        ReleaseError: One is damaged, or holds what nobody can compare.

    Example:
        >>> found = compare_releases("releases/lab/1.0.0", "releases/lab/1.1.0")  # doctest: +SKIP
        >>> found.contents.clips.added.count  # doctest: +SKIP
        12
    """
    with refuse_strange(f"{old} or {new}"):
        return compare_sides(open_side(old), open_side(new), least=least, samples=samples)


def compare_sides(
    old: Side, new: Side, *, least: float = LEAST, samples: bool = False
) -> Difference:
    """The same of releases that are open; the later one may still be built.

    Args:
        old: The earlier one.
        new: The later one.
        least: Smallest relative change of a number that is told.
        samples: See :func:`compare_releases`.

    Raises:
        ReleaseError: One is damaged.
    """
    found = compare_tables(old, new, least=least)
    if found.contents is None:
        return found
    if samples:
        return replace(found, samples=_read_all(old, new))
    few = found.contents.clips.changed <= MOST_READ
    return replace(found, samples=_read_here(old, new)) if few and find_hidden(found) else found


def _read_all(old: Side, new: Side) -> SampleChanges:
    try:
        return compare_samples(old, new)
    except FileNotFoundError as error:
        found = "the index names a tar that does not exist"
        hint = "`skeletonllm verify` says which."
        raise ReleaseError(found, where=str(error.filename or error), hint=hint) from error


def _read_here(old: Side, new: Side) -> SampleChanges | None:
    """Nobody asked for it: where a tar or a skeleton is missing, the step stays open."""
    try:
        return compare_samples(old, new)
    except (FileNotFoundError, UsageError):
        return None
