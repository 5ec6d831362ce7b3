"""All checks of a release, in order: files, tables, tars, then what they say of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.errors import UsageError
from skeletonllm.release.statistics import MissingJoints
from skeletonllm.release.verify.classes import count_classes, declare_classes, find_class_faults
from skeletonllm.release.verify.croissant import find_croissant_faults
from skeletonllm.release.verify.descriptions import (
    Seen,
    find_card_faults,
    find_lineage_faults,
    find_motion_faults,
    find_skeleton_faults,
    find_statistics_faults,
)
from skeletonllm.release.verify.facts import FactsFile, list_columns
from skeletonllm.release.verify.files import (
    CARD,
    CHANGES,
    CROISSANT,
    LICENCES,
    STATISTICS,
    find_file_faults,
    find_later_layout,
    list_tars,
    read_manifest,
)
from skeletonllm.release.verify.leaks import find_leaks, find_unproved
from skeletonllm.release.verify.references import (
    CLIP_COLUMNS,
    LENGTH_COLUMNS,
    find_reference_faults,
    find_view_findings,
)
from skeletonllm.release.verify.samples import find_version_faults as find_sample_versions
from skeletonllm.release.verify.tables import (
    Tables,
    find_count_faults,
    find_position_faults,
    find_question_faults,
    find_version_faults,
    read_tables,
    read_version,
    sum_sizes,
)
from skeletonllm.release.verify.tars import TarReport, TarTask, check_tar, plan_tars
from skeletonllm.release.verify.terms import find_terms_faults, find_terms_findings
from skeletonllm.shards.strange import collect_faults, describe_strange
from skeletonllm.storage import TOPOLOGIES, join, load_topologies, read_bytes, read_json
from skeletonllm.storage.layout import SHARDS
from skeletonllm.storage.tables import TableFile

Run = Callable[[Callable[[TarTask], TarReport], Sequence[TarTask]], Iterable[TarReport]]
"""How the tars are checked: ``map``, or the same on many cores, in any order."""


@dataclass(frozen=True)
class Verification:
    """What was found in a release.

    Args:
        faults: What is wrong, as sentences that name file and sample.
        findings: What is right and a reader should know: leaks that a corpus brings along, terms
            that are taken on trust.
        samples: How many samples were read.
    """

    faults: tuple[str, ...]
    findings: tuple[str, ...]
    samples: int


def verify_release(release: str) -> list[str]:
    """The faults of a release as sentences; empty if there are none.

    Bytes are checked against the manifest first. The contents of a file are checked only where its
    bytes are right, so that one flipped bit is one fault.

    Raises:
        UsageError: The folder has no manifest.
        SchemaError: It is of another major version.

    Example:
        >>> verify_release("releases/lab/1.0.0")  # doctest: +SKIP
        []
    """
    return list(inspect_release(release).faults)


def inspect_release(release: str, run: Run = map) -> Verification:
    """Faults and findings of a release; each tar is read once, and never two of them are held.

    Args:
        release: Folder of one version.
        run: How the tars are checked; ``pipelines.tars`` has one for many cores.

    Raises:
        UsageError: The folder has no manifest.
        SchemaError: It is of another major version.

    Example:
        >>> inspect_release("releases/lab/1.0.0").findings  # doctest: +SKIP
        ('nw_ucla/xview: 95 motions in both parts: ...',)
    """
    try:
        return _inspect(release, run)
    except Exception as error:
        told = describe_strange(error)
        if told is None:
            raise
        return Verification((f"{release}: cannot be checked ({told})",), (), 0)


def _inspect(release: str, run: Run) -> Verification:
    manifest, faults = read_manifest(release)
    if faults:
        return Verification(tuple(faults), (), 0)
    damaged = dict(find_file_faults(release, manifest))
    with TemporaryDirectory(prefix="skeletonllm-verify-") as near:
        checked = check_samples(release, manifest, damaged, run, near=near)
        described = find_described_faults(release, manifest, checked, set(damaged))
        faults = [*damaged.values(), *checked.faults, *described]
        findings = [
            *find_later_layout(manifest),
            *find_findings(release, checked, set(damaged)),
        ]
    return Verification(tuple(faults), tuple(findings), len(checked.seen.facts))


@dataclass(frozen=True)
class Checked:
    """The tables and samples of a release, and what is wrong with them.

    Args:
        tables: Those that are right.
        seen: What was seen of the samples.
        faults: Of tables, tars, and of what they say of each other.
    """

    tables: Tables
    seen: Seen
    faults: tuple[str, ...]


def check_samples(
    release: str,
    manifest: Mapping[str, Any],
    damaged: Mapping[str, str],
    run: Run = map,
    *,
    places: Mapping[str, str] | None = None,
    near: str | None = None,
) -> Checked:
    """Read all tables and tars of a release, and compare them.

    Args:
        release: Its folder.
        manifest: Of the right form; its ``files`` and ``counts`` are read.
        damaged: Path -> fault of files that are not what it lists.
        run: See :func:`inspect_release`.
        places: Path -> URL of tars that do not lie in the release yet.
        near: See :func:`read_tables`.
    """
    tables, faults = read_tables(release, manifest, set(damaged), near)
    faults += collect_faults("the tables", lambda: find_version_faults(manifest, tables))
    faults += collect_faults("counts", lambda: find_count_faults(manifest, tables))
    faults += collect_faults("questions.parquet", lambda: find_question_faults(tables))
    topologies, problems = read_topologies(release, damaged)
    index = tables.get("index")
    if index is not None:
        problems += collect_faults("index.parquet", lambda: find_position_faults(index))
        problems += _find_lost_tars(manifest, index)
    readable = index if topologies is not None else None
    entries = {entry["path"]: entry for entry in manifest["files"]}
    tars = [entries[path] for path in list_tars(dict(manifest)) if path not in damaged]
    told = tables.get("rationales")
    with TemporaryDirectory(prefix="skeletonllm-verify-") as sorted_:
        known = topologies or {}
        planned = plan_tars(release, tars, readable, told, known, folder=sorted_, places=places)
        tasks = list(planned)
        of_tars, seen = _gather(run(check_tar, tasks), None if readable is None else len(readable))
    faults += [*problems, *of_tars, *find_sample_faults(manifest, tables, seen, topologies)]
    return Checked(tables, seen, tuple(faults))


def find_sample_faults(
    manifest: Mapping[str, Any], tables: Tables, seen: Seen, topologies: dict[str, Any] | None
) -> list[str]:
    """What samples and tables say of each other; the samples may be told of in a recipe.

    Args:
        manifest: Of the right form.
        tables: Of the release.
        seen: Of its samples.
        topologies: Definitions of the skeletons; None where they cannot be used.
    """
    faults: list[str] = []
    index = tables.get("index")
    if index is not None:
        faults += collect_faults(
            "index.parquet", lambda: find_sample_versions(seen.facts, read_version(index))
        )
    if topologies is not None and seen.whole:
        faults += collect_faults(
            TOPOLOGIES, lambda: find_skeleton_faults(topologies, manifest, seen.facts)
        )
    classes = count_classes(seen.facts)
    declared = declare_classes(row["corpus"] for row in classes)
    faults += collect_faults("the classes", lambda: find_class_faults(classes, declared))
    faults += collect_faults("the motions", lambda: find_motion_faults(seen.facts))
    if index is not None:
        # What the samples say, where all were read: where the index differs, that is said already.
        columns = [*CLIP_COLUMNS, *LENGTH_COLUMNS]
        clips = seen.facts.select(columns) if seen.whole else index.select(CLIP_COLUMNS)
        faults += collect_faults(
            "the tables", lambda: find_reference_faults(tables, clips, declared)
        )
    return faults


def read_topologies(
    release: str, damaged: Mapping[str, str]
) -> tuple[dict[str, Any] | None, list[str]]:
    """Definitions of the skeletons; None, and why, where they cannot be used.

    Args:
        release: Its folder, or that of its recipe.
        damaged: Path -> fault of files that are not what the manifest lists.
    """
    if TOPOLOGIES in damaged:
        return None, []
    try:
        load_topologies(release)
    except UsageError as error:
        return None, [str(error).removeprefix(join(release, ""))]
    return read_json(join(release, TOPOLOGIES)), []


def _find_lost_tars(manifest: Mapping[str, Any], index: TableFile) -> Iterator[str]:
    listed = {entry["path"] for entry in manifest["files"]}
    for shard in sorted(pc.unique(index.column("shard")).to_pylist()):
        if f"{SHARDS}/{shard}" not in listed:
            yield f"{SHARDS}/{shard}: in the index, but not in the manifest"


def _gather(reports: Iterable[TarReport], expected: int | None) -> tuple[list[str], Seen]:
    """Faults of all tars in their order, and what was seen of the samples."""
    facts, missing, whole = FactsFile(), MissingJoints(), True
    faults: dict[str, tuple[str, ...]] = {}
    for report in reports:
        facts.add(report.path, report.facts)
        missing.update(report.missing)
        whole &= report.whole
        faults[report.path] = report.faults
        pa.default_memory_pool().release_unused()  # what the tar took, and Arrow would keep
    seen = Seen(facts.finish(), missing, whole and len(facts) == expected)
    return [fault for path in sorted(faults) for fault in faults[path]], seen


def find_described_faults(
    release: str, manifest: Mapping[str, Any], checked: Checked, damaged: set[str]
) -> Iterator[str]:
    """What the release says of itself, and is not.

    Args:
        release: Its folder.
        manifest: Of the right form.
        checked: Its tables and samples.
        damaged: Paths of files that are not what the manifest lists.
    """
    read, broken = _read_descriptions(release, damaged)
    yield from broken
    seen, tables, licences = checked.seen, checked.tables, read.get(LICENCES)
    if LICENCES in read:
        yield from collect_faults(
            LICENCES, lambda: find_terms_faults(manifest, licences, count_licences(seen))
        )
    if STATISTICS in read:
        yield from collect_faults(
            STATISTICS, lambda: find_statistics_faults(read[STATISTICS], manifest, tables, seen)
        )
    yield from collect_faults(
        "manifest: lineage", lambda: find_lineage_faults(manifest, tables, seen)
    )
    if CROISSANT in read:
        yield from collect_faults(
            CROISSANT, lambda: find_croissant_faults(read[CROISSANT], manifest, licences, tables)
        )
    if CHANGES not in damaged and any(e["path"] == CHANGES for e in manifest["files"]):
        try:
            read_bytes(join(release, CHANGES)).decode()
        except UnicodeDecodeError as error:
            yield f"{CHANGES}: not UTF-8 text ({error})"  # the next release takes it over
    known = isinstance(licences, dict) and isinstance(read.get(STATISTICS), dict)
    if known and CARD not in damaged:
        card = read_bytes(join(release, CARD))
        size = sum_sizes(tables) if seen.whole else None
        yield from collect_faults(
            CARD, lambda: find_card_faults(card, manifest, read[STATISTICS], licences, size)
        )


def _read_descriptions(release: str, damaged: set[str]) -> tuple[dict[str, Any], list[str]]:
    """The JSON files whose bytes are right, by path; and a sentence for each that is no JSON."""
    read: dict[str, Any] = {}
    broken: list[str] = []
    for path in {LICENCES, STATISTICS, CROISSANT} - damaged:
        try:
            read[path] = read_json(join(release, path))
        except UsageError as error:
            broken.append(str(error).removeprefix(join(release, "")))
    return read, sorted(broken)


def count_licences(seen: Seen) -> Counter[str] | None:
    """Licence id -> number of samples that carry it; None if not all could be read."""
    if not seen.whole:
        return None
    counts = pc.value_counts(list_columns(seen.facts, ["licence"]).column(0)).to_pylist()
    return Counter({row["values"]: row["counts"] for row in counts})


def find_findings(release: str, checked: Checked, damaged: set[str]) -> Iterator[str]:
    """Leaks, views of no protocol, and terms that are taken on trust.

    Args:
        release: Its folder.
        checked: Its tables and samples.
        damaged: Paths of files that are not what the manifest lists.
    """
    yield from find_leaks(checked.seen.facts)
    yield from find_view_findings(checked.tables)
    read, _ = _read_descriptions(release, damaged)
    if LICENCES in read:
        yield from find_terms_findings(read[LICENCES])
    yield from find_unproved(checked.seen.facts)
