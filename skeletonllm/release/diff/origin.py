"""Terms, layout and lineage of two releases: what their manifests and definitions say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from schemas.versions import parse_version
from skeletonllm.licences import REDISTRIBUTE
from skeletonllm.release.diff.rows import find_changes
from skeletonllm.release.diff.side import Side
from skeletonllm.storage import TOPOLOGIES
from skeletonllm.storage.layout import INDEX, table_file

Change = dict[str, list[Any]]
"""Name -> [before, now]; None where there was or is nothing."""
TABLES = (INDEX, "negatives", "rationales", "rejects", "questions")


@dataclass(frozen=True)
class TermChanges:
    """Who may get it, and under which licences.

    Args:
        redistribute: What all licences together allow, before and now.
        audience: For whom it was cut, before and now.
        licences: Licence -> its terms before and now, where they changed.
        clips: Licence -> its clips before and now, where that changed.
        tightened: Clips of both releases that stand under tighter terms now, at least.
        may_tighten: Whether a clip can stand under tighter terms now, by the numbers: which clip
            is under which licence stands in its sample alone.
        may_loosen: The same, under looser ones.
    """

    redistribute: tuple[str, str]
    audience: tuple[str, str]
    licences: Change
    clips: Change
    tightened: int
    may_tighten: bool
    may_loosen: bool

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def compare_terms(old: Side, new: Side, removed: int) -> TermChanges:
    """What became of licences and audience.

    Args:
        old: The earlier release.
        new: The later one.
        removed: Clips of the earlier release that the later one lacks.
    """
    sides = [old.read_json("licences.json"), new.read_json("licences.json")]
    terms = [{n: {k: v for k, v in t.items() if k != "clips"} for n, t in s.items()} for s in sides]
    clips = [{name: int(entry.get("clips", 0)) for name, entry in s.items()} for s in sides]
    ranks = [[rank_terms(entry) for entry in s.values() if entry.get("clips")] for s in sides]
    overall = [str(side.data["licences"].get("redistribute")) for side in (old, new)]
    audience = [str(side.data.get("audience")) for side in (old, new)]
    return TermChanges(
        redistribute=(overall[0], overall[1]),
        audience=(audience[0], audience[1]),
        licences=find_changes(*terms),
        clips=find_changes(*clips),
        tightened=_count_tightened(sides[0], sides[1], removed),
        may_tighten=max(ranks[1], default=0) > min(ranks[0], default=0),
        may_loosen=min(ranks[1], default=0) < max(ranks[0], default=0),
    )


def _count_tightened(old: Mapping[str, Any], new: Mapping[str, Any], removed: int) -> int:
    """Of the clips that allowed as much or more, those that stayed must still be among them."""
    return max(
        max(0, _count_allowing(old, level) - removed - _count_allowing(new, level))
        for level in range(len(REDISTRIBUTE))
    )


def _count_allowing(licences: Mapping[str, Any], level: int) -> int:
    return sum(
        int(entry.get("clips", 0)) for entry in licences.values() if rank_terms(entry) <= level
    )


def rank_terms(terms: Mapping[str, Any] | None) -> int:
    """How tight terms are: 0 allows all; what is not known allows nothing."""
    stated = (terms or {}).get("redistribute")
    return REDISTRIBUTE.index(stated) if stated in REDISTRIBUTE else len(REDISTRIBUTE) - 1


@dataclass(frozen=True)
class LayoutChanges:
    """How the release lies on disk.

    Args:
        versions: Layout -> its version before and now, where that changed: ``release`` and tables.
        skeletons: Skeleton -> hash of its definition before and now, where that changed.
        tars: Tars before and now.
        tars_kept: Tars of the later release whose bytes the earlier one has.
        tar_bytes: Bytes of all tars before and now.
        bytes_kept: Bytes of those that were kept: they need not be sent again.
        files: Other files that changed, came or went.
    """

    versions: Change
    skeletons: Change
    tars: tuple[int, int]
    tars_kept: int
    tar_bytes: tuple[int, int]
    bytes_kept: int
    files: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


_LATE = ("README.md", "changes.md", "croissant.json", "report.html")
"""Written after the comparison that a card shows, and made of the rest: never counted."""


def compare_layout(old: Side, new: Side, versions: Change) -> LayoutChanges:
    """What became of files, skeletons and versions.

    Args:
        old: The earlier release.
        new: The later one.
        versions: What :func:`compare_versions` gave.
    """
    files = [{p: f.sha256 for p, f in s.manifest.files.items()} for s in (old, new)]
    tars = [{p: f for p, f in s.manifest.files.items() if p.endswith(".tar")} for s in (old, new)]
    known = {listed.sha256 for listed in tars[0].values()}
    kept = [listed.bytes for listed in tars[1].values() if listed.sha256 in known]
    sizes = [sum(listed.bytes for listed in side.values()) for side in tars]
    skeletons = [_hash_entries(side.read_json(TOPOLOGIES)) for side in (old, new)]
    others = [path for path in find_changes(*files) if path not in tars[0] and path not in tars[1]]
    return LayoutChanges(
        versions=versions,
        skeletons=find_changes(*skeletons),
        tars=(len(tars[0]), len(tars[1])),
        tars_kept=len(kept),
        tar_bytes=(sizes[0], sizes[1]),
        bytes_kept=sum(kept),
        files=tuple(path for path in others if path not in _LATE),
    )


def compare_versions(old: Side, new: Side) -> Change:
    """Version of the layout of both releases and of their tables, where it changed.

    Tables are opened where both releases are of a layout that is read here.

    Args:
        old: The earlier release.
        new: The later one.
    """
    stated = [{"release": side.data.get("schema_version")} for side in (old, new)]
    if old.readable and new.readable:
        stated = [
            of | dict(_list_tables(side)) for of, side in zip(stated, (old, new), strict=True)
        ]
    return find_changes(*stated)


def find_major(versions: Change) -> Change:
    """Those of the changed versions of which one is of another major version than the other.

    A table that one of two releases lacks is none of them: its rows tell.
    """
    majors = {name: {_major(version) for version in pair} for name, pair in versions.items()}
    return {name: versions[name] for name, of in majors.items() if len(of) > 1 and None not in of}


def _major(version: object) -> int | None:
    parsed = parse_version(version)
    return None if parsed is None else parsed[0]


def _list_tables(side: Side) -> Iterator[tuple[str, str]]:
    for name in TABLES:
        version = side.state_version(table_file(name))
        if version is not None:
            yield name, version


def _hash_entries(definitions: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()
        for name, entry in definitions.items()
    }


def compare_lineage(old: Side, new: Side) -> Change:
    """What the lineages say otherwise: code, sources, and how each stage was run.

    Args:
        old: The earlier release.
        new: The later one.
    """
    return find_changes(dict(_list_lineage(old)), dict(_list_lineage(new)))


def _list_lineage(side: Side) -> Iterator[tuple[str, Any]]:
    lineage = side.data.get("lineage", {})
    yield "code", lineage.get("code")
    for corpus, source in sorted(lineage.get("sources", {}).items()):
        if isinstance(source, dict):  # what a release of another major version says is shown so
            sha256 = str(source.get("sha256"))[:12]
            yield f"sources of {corpus}", f"{source.get('files')} files, {sha256}"
    for stage, number in _number_stages(lineage.get("stages", [])):
        named = f"{stage['stage']}{number}"
        for key in ("version", "code", "reader"):
            if key in stage:
                yield f"{named}: {key}", stage[key]
        for key, value in sorted(stage.get("config", {}).items()):
            if key != "corpus":
                yield f"{named}: {key}", value


def _number_stages(stages: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each stage, and what tells it from others of its name: its corpus, and a number if needed."""
    seen: dict[str, int] = {}
    for stage in stages:
        corpus = stage.get("config", {}).get("corpus")
        suffix = f" of {corpus}" if corpus else ""
        key = f"{stage['stage']}{suffix}"
        seen[key] = seen.get(key, 0) + 1
        yield stage, suffix if seen[key] == 1 else f"{suffix} ({seen[key]})"
