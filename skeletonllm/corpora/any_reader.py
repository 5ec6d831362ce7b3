"""A raw file of which nobody has said the corpus: the readers are tried one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from skeletonllm.clip import Clip
from skeletonllm.corpora.reader import get_reader, read_clips, reader_names, resolve_corpus
from skeletonllm.errors import UsageError
from skeletonllm.rejects import Reject


@dataclass(frozen=True)
class RawClips:
    """What a reader makes of a path: its name, clips as they are read, and what was refused."""

    reader: str
    clips: Iterator[Clip]
    rejects: list[Reject]


def read_raw(path: str, corpus: str | None = None) -> RawClips:
    """The clips of a raw file or folder, by the first reader that lists something there and reads a
    clip of it; no later one is loaded.

    Args:
        path: File or folder.
        corpus: The reader to take; None tries each.

    Raises:
        UsageError: No reader knows anything here.
    """
    if corpus is not None:
        # an unknown name is an error, a reader that knows nothing here is not
        corpus = resolve_corpus(corpus)
    known: list[RawClips] = []
    for name in reader_names() if corpus is None else [corpus]:
        found = _read(name, path)
        if found is None:
            continue
        known.append(found)
        first = list(islice(found.clips, 1))
        if first:
            return replace(found, clips=chain(first, found.clips))
    if not known:
        expected = f"one of {', '.join(reader_names())}"
        raise UsageError("nothing here that a reader knows", expected=expected, where=path)
    return known[0]


def take_clip(
    clips: Iterable[Clip], rejects: Sequence[Reject], path: str, clip_id: str = ""
) -> Clip:
    """The first clip, or the one of this id.

    Args:
        clips: As they are read.
        rejects: Grows while they are.
        path: Where, for the error.
        clip_id: Which clip; empty for the first.

    Raises:
        UsageError: No such clip, or none that can be read (with the reason).
    """
    for clip in clips:
        if clip_id in ("", clip.clip_id):
            return clip
    if rejects:
        reject = rejects[0]
        raise UsageError(f"rejected ({reject.code}): {reject.message}", where=path)
    raise UsageError(f"no clip {clip_id!r}" if clip_id else "no clip", where=path)


def _read(name: str, path: str) -> RawClips | None:
    """What one reader makes of a path, lazily; None if it lists nothing there, or is broken."""
    try:
        reader = get_reader(name)
        sources = reader.sources(path)
    except UsageError:
        return None
    rejects: list[Reject] = []
    clips = (clip for source in sources for clip in _keep(read_clips(reader, source), rejects))
    return RawClips(reader.name, clips, rejects)


def _keep(result: tuple[list[Clip], list[Reject]], rejects: list[Reject]) -> list[Clip]:
    clips, refused = result
    rejects += refused
    return clips
