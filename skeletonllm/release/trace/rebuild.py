"""A sample made anew from its raw file: the proof that the lineage tells the truth."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import load
from skeletonllm.corpora.formats.archives import place_below
from skeletonllm.corpora.reader import Reader, Reject, Source, get_reader, read_clips
from skeletonllm.errors import SkeletonLLMError, UsageError
from skeletonllm.release.diff.side import open_side
from skeletonllm.release.trace.remaking import find_root, remake_clip
from skeletonllm.release.trace.trail import Trail, read_checked_sample
from skeletonllm.shards import encode, hash_content
from skeletonllm.shards.checked_files import load_checked_topologies
from skeletonllm.shards.codec import META
from skeletonllm.version import name_version


@dataclass(frozen=True)
class Rebuilt:
    """What became of a sample that was made anew.

    Args:
        file: The raw file; None where it is not there.
        file_sha256: Hash of what the reader read of it.
        same_file: Whether that is the hash in the release.
        motion_sha256: Hash of the motion that was made; None where none was.
        same_motion: Whether that is the hash in the release.
        same_content: Whether the whole sample (text, arrays, rationales) has the content hash that
            the index has.
        code: The program that made it now.
        recorded_code: The program that the lineage names for it; None where it names none.
        why: What stood in the way, or differs; empty where all is equal.
    """

    file: str | None
    file_sha256: str | None
    same_file: bool
    motion_sha256: str | None
    same_motion: bool
    same_content: bool
    code: str
    recorded_code: str | None
    why: str

    @property
    def proved(self) -> bool:
        """Whether file, motion and sample are those of the release."""
        return self.same_file and self.same_motion and self.same_content

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "proved": self.proved}


def rebuild_clip(release: str, trail: Trail, raw: str, corpus: str | None = None) -> Rebuilt:
    """Find the raw file of a sample, read and normalize it as the lineage says, and compare.

    Args:
        release: Folder of the release.
        trail: Of the sample.
        raw: The folder of raw files that ``normalize`` was given, or one above it, or the file.
        corpus: The reader, ``module:Class``, where it is one of your own: a release is not believed
            about which module to import.

    Raises:
        UsageError: Nothing of this corpus is in the folder, or there is no such reader here.
    """
    side = open_side(release)
    load_checked_topologies(side.manifest)
    reader = _find_reader(trail, corpus)
    # Of some that were run alike the first, as `rebuild` takes it.
    stage = trail.made_by[0] if trail.made_by else {}
    root = find_root(raw, str(trail.clip["source_uri"]), stage)
    source = _find_source(reader.sources(root), root, trail)
    codes = {made.get("code") for made in trail.made_by}
    recorded = stage.get("code") if len(codes) == 1 else None
    if source is None:
        found = f"no file of it in {raw}; the release names {trail.clip['source_uri']}"
        return Rebuilt(None, None, False, None, False, False, name_version(), recorded, found)
    config = stage.get("config", {})
    size = config.get("image_size")
    clips, rejects = read_clips(reader, replace(source, image_size=tuple(size) if size else None))
    sha256, clip, why = _make(clips, rejects, trail, config)
    sha256 = sha256 or hashlib.sha256(load(source)).hexdigest()
    motion = None if clip is None else clip.motion.sha256
    same_motion = motion == trail.clip["motion_sha256"]
    same_content = clip is not None and _has_content(side, trail, clip)
    same_file = sha256 == trail.clip["source_sha256"]
    return Rebuilt(
        file=source.uri,
        file_sha256=sha256,
        same_file=same_file,
        motion_sha256=motion,
        same_motion=same_motion,
        same_content=same_content,
        code=name_version(),
        recorded_code=recorded,
        why=why or _explain(same_file, same_motion, same_content),
    )


def _find_reader(trail: Trail, corpus: str | None) -> Reader:
    name = str(trail.clip["corpus"])
    try:
        reader = get_reader(corpus or name)
    except UsageError as error:
        if corpus is None:
            error.hint = "Name your own reader: --corpus module:Class."
        raise
    if reader.name != name:
        raise UsageError(f"the reader {reader.name!r}", expected=f"that of {name!r}")
    return reader


def _find_source(sources: Sequence[Source], raw: str, trail: Trail) -> Source | None:
    """The source of the recorded place below the root, or else that of the clip's id."""
    recorded = str(trail.clip["source_uri"])
    inside = recorded.partition("/")[2] or recorded
    for place in (recorded, inside):
        below = [s for s in sources if place_below(raw, s.uri) == place]
        if len(below) == 1:
            return below[0]
    fits = [s for s in sources if f"/{s.uri}".endswith(f"/{recorded}")]
    own = trail.sample["clip_id"].partition("/")[2]
    named = [s for s in sources if own == s.source_id or own.startswith(f"{s.source_id}/")]
    found = fits or named
    return found[0] if len(found) == 1 else None


def _make(
    clips: Sequence[Clip], rejects: Sequence[Reject], trail: Trail, config: dict[str, Any]
) -> tuple[str | None, Clip | None, str]:
    """Hash of the file, the normalized clip or None, and what stood in the way."""
    clip_id = trail.sample["clip_id"]
    sha256 = clips[0].source_sha256 if clips else None
    own = [clip for clip in clips if clip.clip_id == clip_id]
    if not own:
        said = f"; it rejected: {rejects[0].code}, {rejects[0].message}" if rejects else ""
        return sha256, None, f"the reader makes no clip {clip_id} of the file{said}"
    try:
        return sha256, remake_clip(own[0], trail.clip, config), ""
    except SkeletonLLMError as error:
        return sha256, None, str(error)


def _has_content(side: Any, trail: Trail, clip: Clip) -> bool:
    """Whether the sample of this clip, with the rationales of the stored one, is the stored one."""
    place = trail.sample
    row = {**place, "shard": place["tar"].rpartition("/")[2], "topology": trail.clip["topology"]}
    row |= {name: bytes.fromhex(place[name]) for name in ("bytes_hash", "content_hash")}
    meta = orjson.loads(read_checked_sample(side, row)[META])
    return bool(hash_content(encode(clip, meta.get("rationales", ()))) == row["content_hash"])


def _explain(same_file: bool, same_motion: bool, same_content: bool) -> str:
    if not same_file:
        return "the raw file is another one than was read"
    if not same_motion:
        return "the same file gives another motion here: reader or recipe differ from those of then"
    return "" if same_content else "the motion is equal, and other fields of the sample are not"
