"""Does a reader keep the contract? Run this on your own before a job does."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.corpora.reader import Reader, Reject, Source, read_clips
from skeletonllm.errors import REJECT_CODES, SchemaError, SourceError, UsageError
from skeletonllm.licences import UNKNOWN, list_licences
from skeletonllm.topology import get_topology


def check_reader(reader: Reader, root: str, *, limit: int = 20) -> list[str]:
    """Everything in which a reader breaks the contract, as sentences; empty if it keeps it.

    Listing: sorted, the same twice, ids unique, and a clear error for a root that is not there.
    Reading: the same twice, ids under the corpus' name, labels of the declared namespaces, a
    registered topology and licence, rows that fit the schema. Damage: the first file emptied,
    filled with noise or replaced by a folder ends in rejects, and cut in half in anything but a
    crash (a format without counts cannot know).

    Args:
        reader: The reader.
        root: A local folder of real files of its format, laid out as published.
        limit: Sources that are read; all are listed.

    Raises:
        UsageError: ``root`` holds nothing of this format.

    Example:
        >>> check_reader(get_reader("nw_ucla"), "all_sqe")  # doctest: +SKIP
        []
    """
    sources = reader.sources(root)
    faults = [*_listing_faults(reader, root, sources)]
    seen: Counter[str] = Counter()
    for source in sources[:limit]:
        clips, rejects = read_clips(reader, source)
        seen.update(clip.clip_id for clip in clips)
        faults += _reading_faults(reader, source, clips, rejects)
    faults += [f"clip id {name} {n} times" for name, n in sorted(seen.items()) if n > 1]
    whole = next((s for s in sources if not s.fault and s.size), None)
    return faults if whole is None else [*faults, *_damage_faults(reader, root, whole)]


def _listing_faults(reader: Reader, root: str, sources: list[Source]) -> Iterator[str]:
    if sources != sorted(sources, key=lambda source: (source.source_id, source.uri)):
        yield "sources are not sorted by source_id, then uri"
    if sources != reader.sources(root):
        yield "sources differ when listed twice"
    counts = Counter(source.source_id for source in sources if not source.fault)
    yield from (f"source id {name} {n} times" for name, n in sorted(counts.items()) if n > 1)
    yield from (
        f"unknown fault {s.fault!r} of source {s.uri}"
        for s in sources
        if s.fault and s.fault not in REJECT_CODES
    )
    if reader.licence not in {licence.id for licence in list_licences()}:
        yield f"licence {reader.licence!r} is not registered (see skeletonllm.licences)"
    missing = f"{str(root).rstrip('/')}/no such folder"
    try:
        reader.sources(missing)
        yield "a root that does not exist is listed without an error"
    except UsageError:
        pass
    except Exception as error:
        yield f"a root that does not exist raises {type(error).__name__}, expected UsageError"


def _reading_faults(
    reader: Reader, source: Source, clips: list[Clip], rejects: list[Reject]
) -> Iterator[str]:
    again, rejects_again = read_clips(reader, source)
    if rejects != rejects_again or [_identity(c) for c in clips] != [_identity(c) for c in again]:
        yield f"{source.uri}: reading twice differs"
    if not clips and not rejects:
        yield f"{source.uri}: neither a clip nor a reject"
    for reject in rejects:
        if reject.code not in REJECT_CODES:
            yield f"{source.uri}: unknown reject code {reject.code!r}"
        if not reject.source_uri.startswith(source.uri):
            yield f"{source.uri}: a reject of another source, {reject.source_uri}"
    for clip in clips:
        yield from (f"{clip.clip_id}: {fault}" for fault in _clip_faults(reader, source, clip))
    try:
        clips_to_table(clips)
    except SchemaError as error:
        yield f"{source.uri}: {error}"


def _clip_faults(reader: Reader, source: Source, clip: Clip) -> Iterator[str]:
    motion = clip.motion
    if not f"{clip.clip_id}/".startswith(f"{reader.name}/{source.source_id}/"):
        yield f"the id does not start with {reader.name}/{source.source_id}"
    for field, expected in (
        ("corpus", reader.name),
        ("source_uri", source.uri),
    ):
        if getattr(clip, field) != expected:
            yield f"{field} {getattr(clip, field)!r}, expected {expected!r}"
    if clip.licence not in (reader.licence, UNKNOWN):
        yield f"licence {clip.licence!r}, expected {reader.licence!r} or {UNKNOWN!r}"
    if get_topology(motion.topology.name).sha256 != motion.topology.sha256:
        yield f"topology {motion.topology.name} differs from the registered one"
    if not motion.observed.any():
        yield "no joint is observed in any frame"
    if list(clip.frame_index) != sorted(set(clip.frame_index)):
        yield "frame_index does not ascend"
    if len(set(clip.person_ids)) != len(clip.person_ids):
        yield f"person ids {clip.person_ids} are not unique"
    yield from _label_faults(reader, clip)


def _label_faults(reader: Reader, clip: Clip) -> Iterator[str]:
    if clip.label_id is None or clip.label_namespace is None:
        return
    known = reader.label_names.get(clip.label_namespace)
    if known is None:
        yield f"label namespace {clip.label_namespace!r}, expected one of {[*reader.label_names]}"
    elif known and known[clip.label_id : clip.label_id + 1] != (clip.label,):
        yield f"label {clip.label!r} is not class {clip.label_id} of {clip.label_namespace}"


def _identity(clip: Clip) -> tuple[object, ...]:
    row = clip.to_row()
    light = [(name, row[name]) for name in sorted(row) if name not in _HEAVY]
    return clip.motion.sha256, repr(light)


_HEAVY = {"joints", "present", "confidence", "orientations", "filled"}  # are in the motion's hash

_CUT = "cut in half"
_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",  # noqa: ARG005
    _CUT: lambda data: data[: len(data) // 2],
    "of noise": lambda data: bytes(range(255, 127, -1)) * (len(data) // 128 + 1),
}


def _damage_faults(reader: Reader, root: str, source: Source) -> Iterator[str]:
    whole = Path(source.uri)
    above = Path(root) if Path(root).is_dir() else whole.parent
    data = whole.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, above.resolve().name)  # some formats know their files by the folder
        path = copy / whole.relative_to(above)
        path.parent.mkdir(parents=True)
        for how, damage in _DAMAGE.items():
            path.write_bytes(damage(data))
            yield from _damaged(reader, str(copy), f"a file {how}", may_read=how == _CUT)
        path.unlink()
        path.mkdir()
        yield from _damaged(reader, str(copy), "a folder named like a file")


def _damaged(reader: Reader, folder: str, what: str, may_read: bool = False) -> Iterator[str]:
    try:
        sources = reader.sources(folder)
        if not sources:
            yield f"{what} is not listed"
        for source in sources:
            for item in reader.read(source):
                if isinstance(item, Clip) and not may_read:
                    yield f"{what} gives a clip"
                    return
    except SourceError:
        return
    except Exception as error:
        yield f"{what} raises {type(error).__name__} ({error}), expected SourceError"
