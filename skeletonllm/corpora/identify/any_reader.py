"""A raw file of which nobody has said the corpus: readers are tried one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from skeletonllm.clip import Clip
from skeletonllm.corpora.identify.description import describe_path
from skeletonllm.corpora.identify.guess import rate_nearness
from skeletonllm.corpora.reader import get_reader, read_clips, reader_names, resolve_corpus
from skeletonllm.corpora.toolkit.assumed import GUESSED
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.errors import UsageError
from skeletonllm.rejects import Reject


@dataclass(frozen=True)
class RawClips:
    """What a reader makes of a path: its name, clips as they are read, and what was refused."""

    reader: str
    clips: Iterator[Clip]
    rejects: list[Reject]


def read_raw(path: str, corpus: str | None = None, size: Size | None = None) -> RawClips:
    """The clips of a raw file or folder, by the first reader that knows it by its bytes; where
    none does, by the first to which a shape or a name is enough.

    Args:
        path: File or folder.
        corpus: The reader to take; None tries each, and loads no more than it has to.
        size: Width and height of the pictures in pixels, where files do not state them.

    Raises:
        UsageError: No reader knows anything here.
    """
    if corpus is not None:
        # an unknown name is an error, a reader that knows nothing here is not
        corpus = resolve_corpus(corpus)
    known: list[RawClips] = []
    guessed: RawClips | None = None
    for name in reader_names() if corpus is None else [corpus]:
        found = _read(name, path, size)
        if found is None:
            continue
        known.append(found)
        first = list(islice(found.clips, 1))
        whole = replace(found, clips=chain(first, found.clips))
        if first and not GUESSED.intersection(first[0].flags):
            return whole
        guessed = guessed or (whole if first else None)
    if guessed is not None:
        return guessed
    if len(known) == 1:
        return known[0]  # no other reader has files of such names: what it rejects is the answer
    raise _unknown(path, known)


def _unknown(path: str, known: list[RawClips]) -> UsageError:
    """The error of a path of which no reader reads a clip: what is there, who came nearest."""
    refused = [(found.reader, found.rejects[0]) for found in known if found.rejects]
    reader, reject = max(refused, key=lambda pair: rate_nearness(pair[1]), default=("", None))
    near = ""
    seen = describe_path(path).rstrip(".")
    if reject is not None and (rate_nearness(reject) or len(refused) == 1):
        near = f". {reader} came nearest, and rejected it ({reject.code}): {reject.message}"
    return UsageError(
        f"nothing here that a reader can read: {seen}{near}",
        where=path,
        hint="skeletonllm identify tells what each reader made of it.",
    )


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


def _read(name: str, path: str, size: Size | None) -> RawClips | None:
    """What one reader makes of a path, lazily; None if it lists nothing there, or is broken."""
    try:
        reader = get_reader(name)
        sources = [replace(s, image_size=size) for s in reader.sources(path)]
    except UsageError:
        return None
    rejects: list[Reject] = []
    clips = (clip for source in sources for clip in _keep(read_clips(reader, source), rejects))
    return RawClips(reader.name, clips, rejects)


def _keep(result: tuple[list[Clip], list[Reject]], rejects: list[Reject]) -> list[Clip]:
    clips, refused = result
    rejects += refused
    return clips
