"""Find clips behind whatever a person points at: a raw file, a stage's folder, a release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from skeletonllm.clip import Clip, salvage_clips
from skeletonllm.corpora.identify.any_reader import read_raw, take_clip
from skeletonllm.corpora.toolkit.pictures import parse_image_size
from skeletonllm.errors import UsageError
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.storage import exists, iter_tables, join, read_json, read_table, stage_of
from skeletonllm.storage.layout import MANIFEST, PARTS
from skeletonllm.storage.versions import check_object

STAGE = "load"
"""Name of what is done here, for rejects."""


@dataclass(frozen=True)
class LoadedClips:
    """What a path holds: its kind, its clips as they are read, and what was refused."""

    kind: str
    clips: Iterator[Clip]
    rejects: list[Reject]


def load_clips(path: str, corpus: str | None = None, image_size: str | None = None) -> LoadedClips:
    """Tell what ``path`` is and how to read it.

    Args:
        path: A raw file or folder, a parquet part, the output of normalize, or a release.
        corpus: Reader of raw files; None tries each.
        image_size: Of their pictures, as 1920x1080, where they state none.

    Raises:
        UsageError: There is nothing there, or nothing we know.
        SchemaError: It was written in another major version.
    """
    if not exists(path):
        raise UsageError("no such file or folder", where=path, hint="Check the path.")
    if path.endswith(".parquet"):
        return _part(path)
    if stage_of(path) == "normalize":
        rejects: list[Reject] = []
        return LoadedClips("clips", _parts(join(path, PARTS), rejects), rejects)
    if exists(join(path, MANIFEST)):
        return _finished(path)
    raw = read_raw(path, corpus, parse_image_size(image_size) if image_size else None)
    return LoadedClips(f"raw {raw.reader}", raw.clips, raw.rejects)


def _finished(path: str) -> LoadedClips:
    """A release, or the output of a stage that holds no clips."""
    from skeletonllm.release.describe import is_release
    from skeletonllm.shards.manifest import RECIPE

    if is_release(path):
        rejects: list[Reject] = []
        return LoadedClips("release", _release(path, rejects), rejects)
    manifest = read_json(join(path, MANIFEST))
    if isinstance(manifest, dict) and manifest.get("schema") == RECIPE:
        return LoadedClips("recipe of a release, without its motions", iter(()), [])
    check_object(manifest, join(path, MANIFEST), "the manifest of a stage", {"stage": str})
    stage = manifest["stage"]
    return LoadedClips(f"output of {stage}", iter(()), [])


def load_one_clip(path: str, corpus: str | None = None, image_size: str | None = None) -> Clip:
    """The clip at ``path``, or the one a ``PATH#CLIP_ID`` names.

    Args:
        path: Of these two; names of files and ids may hold a ``#`` themselves.
        corpus: Reader of raw files; None tries each.
        image_size: Of their pictures, as 1920x1080, where they state none.

    Raises:
        UsageError: No such clip, or none that can be read (with the reason).
    """
    path, clip_id = split_path(path)
    found = load_clips(path, corpus, image_size)
    return take_clip(found.clips, found.rejects, path, clip_id)


def _part(path: str) -> LoadedClips:
    from schemas import CLIP

    if "joints" not in read_table(path).column_names:
        return LoadedClips("table", iter(()), [])
    table, rejects = read_table(path, schema=CLIP), list[Reject]()
    return LoadedClips("clips part", iter(salvage_clips(table, STAGE, rejects)), rejects)


def _parts(folder: str, rejects: list[Reject]) -> Iterator[Clip]:
    from schemas import CLIP

    for _, table in iter_tables(folder, schema=CLIP):
        yield from salvage_clips(table, STAGE, rejects)


def split_path(text: str) -> tuple[str, str]:
    """Path and clip id of ``PATH#CLIP_ID``: the longest path that exists, and what stands behind.

    Where none exists, all of it is the path, for the error to name.
    """
    ends = [len(text), *(i for i in reversed(range(1, len(text))) if text[i] == "#")]
    end = next((i for i in ends if exists(text[:i])), len(text))
    return text[:end], text[end + 1 :]


def _release(path: str, rejects: list[Reject]) -> Iterator[Clip]:
    from skeletonllm.shards import read_index, read_sample

    for row in read_index(path).to_pylist():
        with isolate_clip(ClipName(row["clip_id"], row["shard"]), STAGE, rejects):
            yield read_sample(path, row).clip
