"""One tar of a release, made anew of raw files: a pure function, so that many run at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pyarrow as pa

from skeletonllm.clip import Clip
from skeletonllm.corpora.reader import Source, read_clips
from skeletonllm.errors import SourceError
from skeletonllm.publishing.recipe.annotations import restore_text
from skeletonllm.publishing.recipe.layout import annotation_file
from skeletonllm.publishing.recipe.origins import Origins
from skeletonllm.publishing.standing import stands
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.release.trace.remaking import remake_clip
from skeletonllm.shards import encode, hash_content, write_shard
from skeletonllm.shards.codec import META, MOTION
from skeletonllm.storage import TOPOLOGIES, join, read_table
from skeletonllm.storage.layout import SHARDS
from skeletonllm.topology import register_definitions

STAGE = "rebuild"


@dataclass(frozen=True)
class TarTask:
    """A tar to make.

    Args:
        recipe: Folder of the recipe.
        target: Folder of the release that is made.
        entry: Of the release's manifest: path, sha256, bytes.
        rows: Of the index, in the order of the tar.
        origins: The raw files.
        topologies: Definitions of the skeletons, by name.
    """

    recipe: str
    target: str
    entry: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    origins: Origins = field(repr=False)
    topologies: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class TarRebuilt:
    """What became of a tar.

    Args:
        path: Of the tar.
        same: Whether its bytes are those of the release.
        places: Rows of the index as it was written; None where it is the same, or was not written.
        rejects: Clips that could not be made again, and why.
        other_files: How many raw files are others than were read then, and give the same motions.
    """

    path: str
    same: bool
    places: pa.Table | None = field(repr=False)
    rejects: tuple[Reject, ...]
    other_files: int = 0


def rebuild_tar(task: TarTask) -> TarRebuilt:
    """Make one tar again, and write it if every clip of it is what it was."""
    path, url = task.entry["path"], join(task.target, task.entry["path"])
    if stands(url, task.entry):
        return TarRebuilt(path, same=True, places=None, rejects=())
    register_definitions(task.topologies, join(task.recipe, TOPOLOGIES))
    told = read_table(join(task.recipe, annotation_file(path.removeprefix(f"{SHARDS}/"))))
    sources = _SourcesOfTar(task.origins)
    samples, rejects = [], list[Reject]()
    rows = zip(task.rows, told.to_pylist(), strict=True)
    for row, annotation in rows:
        with isolate_clip(ClipName(row["clip_id"], annotation["source_uri"]), STAGE, rejects):
            samples.append(_make_sample(row, annotation, sources))
    if rejects:
        return TarRebuilt(path, same=False, places=None, rejects=tuple(rejects))
    places = write_shard(url, samples, start=task.rows[0]["position"] if task.rows else 0)
    same = stands(url, task.entry)
    return TarRebuilt(path, same, None if same else places, (), len(sources.others))


class _SourcesOfTar:
    """The raw files of one tar, each read once.

    Args:
        origins: Where they lie.

    Attributes:
        others: Places of those that are others than were read then.
    """

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self.others = set[str]()
        self._read: dict[tuple[str, Source], tuple[list[Clip], list[Reject]]] = {}

    def read(self, meta: Mapping[str, Any]) -> Clip:
        """The clip as its reader gives it.

        Raises:
            SourceError: There is no such file, or no such clip in it.
        """
        source = self.origins.find(meta)
        if source is None:
            found = f"no file {meta['source_uri']}, and none of its id"
            raise SourceError("unreadable", found, hint="Is the corpus complete?")
        size = self.origins.find_config(meta).get("image_size")
        source = replace(source, image_size=tuple(size) if size else None)
        key = (meta["corpus"], source)
        if key not in self._read:
            self._read[key] = read_clips(self.origins.reader_of(meta["corpus"]), source)
        clips, rejects = self._read[key]
        own = [clip for clip in clips if clip.clip_id == meta["clip_id"]]
        if not own:
            said = f"; it rejected: {rejects[0].code}, {rejects[0].message}" if rejects else ""
            raise SourceError("unreadable", f"the reader makes no such clip of the file{said}")
        if own[0].source_sha256 != meta["source_sha256"]:
            self.others.add(source.uri)
        return own[0]


def _make_sample(
    row: Mapping[str, Any], annotation: Mapping[str, Any], sources: _SourcesOfTar
) -> dict[str, bytes]:
    """The members of a sample as they were.

    Raises:
        SkeletonLLMError: The clip cannot be made, or is another one.
    """
    meta = orjson.loads(annotation[META])
    read = sources.read(meta)
    clip = remake_clip(read, meta, sources.origins.find_config(meta))
    made = encode(clip)
    found = orjson.loads(made[META])
    if found["decoded_sha256"] != annotation["decoded_sha256"]:
        same = read.source_sha256 == annotation["source_sha256"]
        why = (
            "reader or recipe differ from those of then"
            if same
            else "the raw file is another one than was read"
        )
        raise SourceError("unsuitable", f"its motion is not that of the release: {why}")
    text = restore_text(annotation[META], found["captions"])
    members = {META: text, MOTION: made[MOTION]}
    if hash_content(members) != row["content_hash"]:
        found = "its motion is that of the release, and other fields are not"
        raise SourceError("unsuitable", found)
    return members
