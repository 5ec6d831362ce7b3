"""Find clips behind whatever a person points at: a raw file, a stage's folder, a release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from skeletonllm.clip import Clip, clips_from_table
from skeletonllm.corpora import Reject, get_reader, read_clips, reader_names
from skeletonllm.errors import UsageError
from skeletonllm.storage import exists, iter_tables, join, read_json, read_table


@dataclass(frozen=True)
class Found:
    """What a path holds: its kind, its clips as they are read, and what was refused."""

    kind: str
    clips: Iterator[Clip]
    rejects: list[Reject]


def find(path: str, corpus: str | None = None) -> Found:
    """Tell what ``path`` is and how to read it.

    Args:
        path: A raw file or folder, a parquet part, the output of normalize, or a release.
        corpus: Reader of raw files; None tries each.

    Raises:
        UsageError: There is nothing there, or nothing we know.
    """
    if not exists(path):
        raise UsageError("no such file or folder", where=path, hint="Check the path.")
    if path.endswith(".parquet"):
        return Found("clips part", iter(clips_from_table(read_table(path))), [])
    if exists(join(path, "clips")) and exists(join(path, "plan.json")):
        return Found("clips", _parts(join(path, "clips")), [])
    if exists(join(path, "manifest.json")):
        return _finished(path)
    return _raw(path, corpus)


def _finished(path: str) -> Found:
    """A release, or the output of a stage that holds no clips."""
    from skeletonllm.release.describe import is_release

    if is_release(path):
        return Found("release", _release(path), [])
    stage = read_json(join(path, "manifest.json")).get("stage")
    return Found(f"output of {stage}", iter(()), [])


def one_clip(path: str, corpus: str | None = None) -> Clip:
    """The clip at ``path``, or the one a ``PATH#CLIP_ID`` names.

    Raises:
        UsageError: No such clip, or none that can be read (with the reason).
    """
    path, _, clip_id = path.partition("#")
    found = find(path, corpus)
    for clip in found.clips:
        if clip_id in ("", clip.clip_id):
            return clip
    if found.rejects:
        reject = found.rejects[0]
        raise UsageError(f"rejected ({reject.code}): {reject.message}", where=path)
    raise UsageError(f"no clip {clip_id!r}" if clip_id else "no clip", where=path)


def _parts(folder: str) -> Iterator[Clip]:
    for _, table in iter_tables(folder):
        yield from clips_from_table(table)


def _release(path: str) -> Iterator[Clip]:
    from skeletonllm.shards import read_index, read_sample

    for row in read_index(path).to_pylist():
        yield read_sample(path, row).clip


def _raw(path: str, corpus: str | None) -> Found:
    """The first reader that lists something here and reads a clip of it; no later one is loaded."""
    if corpus is not None:
        get_reader(corpus)  # an unknown name is an error, a reader that knows nothing here is not
    known: list[Found] = []
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


def _read(name: str, path: str) -> Found | None:
    """What one reader makes of a path, lazily; None if it lists nothing there, or is broken."""
    try:
        reader = get_reader(name)
        sources = reader.sources(path)
    except UsageError:
        return None
    rejects: list[Reject] = []
    clips = (clip for source in sources for clip in _keep(read_clips(reader, source), rejects))
    return Found(f"raw {reader.name}", clips, rejects)


def _keep(result: tuple[list[Clip], list[Reject]], rejects: list[Reject]) -> list[Clip]:
    clips, refused = result
    rejects += refused
    return clips
