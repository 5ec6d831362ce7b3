"""Listing files by their path, for corpora whose folders say what a file name does not."""

from __future__ import annotations

from collections.abc import Callable

from skeletonllm.corpora.files import list_sources
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import UsageError


def sources_by_path(
    root: str, *suffixes: str, keep: Callable[[str], bool] = lambda _: True
) -> list[Source]:
    """All files of some endings below ``root``; an id is the path below it without the ending.

    Args:
        root: A folder, or one file; a path or a URL.
        suffixes: As for :func:`skeletonllm.corpora.list_sources`.
        keep: Whether a path is listed.

    Raises:
        UsageError: There is no such root, or no such file in it.

    Example:
        >>> [s.source_id for s in sources_by_path("h36m", ".npy", ".npz")]  # doctest: +SKIP
        ['S1/Eating', 'S1/Walking 1']
    """
    found: list[Source] = []
    for suffix in suffixes:
        try:
            found += list_sources(root, suffix)
        except UsageError as error:
            if "no such file" in str(error):
                raise
    found = [source for source in found if keep(source.uri)]
    if not found:
        raise UsageError(f"no {' or '.join(suffixes)} file", where=root, hint="Is it this corpus?")
    named = sorted((_below(root, source), source.uri, source) for source in found)
    sources: list[Source] = []
    taken: set[str] = set()
    for name, uri, source in named:
        fault = "" if source.fault == "duplicate_id" else source.fault  # of another kind of id
        fault = fault or ("duplicate_id" if name in taken else "")
        sources.append(Source(uri, name, source.size, fault))
        taken |= set() if fault else {name}
    return sources


def _below(root: str, source: Source) -> str:
    above = f"{str(root).rstrip('/')}/"
    if not source.uri.startswith(above):
        return source.source_id
    return source.uri.removeprefix(above).rpartition(".")[0]
