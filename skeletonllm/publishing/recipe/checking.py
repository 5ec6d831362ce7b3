"""What a recipe proves of itself, without a motion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa

from schemas import ANNOTATION, manifest_faults
from skeletonllm.errors import SkeletonLLMError
from skeletonllm.publishing.recipe.annotations import CAPTIONS, find_untold
from skeletonllm.publishing.recipe.card import describe_recipe, make_recipe_head
from skeletonllm.publishing.recipe.layout import (
    AUDIENCE,
    OF_RELEASE,
    OWN,
    TAKEN,
    annotation_file,
    list_taken,
    open_recipe,
)
from skeletonllm.release.gate import list_closed
from skeletonllm.release.verify.classes import declare_classes
from skeletonllm.release.verify.croissant import compare_croissant, find_croissant_faults
from skeletonllm.release.verify.descriptions import find_card_faults, find_head_faults
from skeletonllm.release.verify.files import (
    CARD,
    CROISSANT,
    LICENCES,
    STATISTICS,
    compare_bytes,
    list_tars,
)
from skeletonllm.release.verify.inspection import Verification
from skeletonllm.release.verify.references import (
    CLIP_COLUMNS,
    find_reference_faults,
    find_view_findings,
)
from skeletonllm.release.verify.tables import (
    Tables,
    find_count_faults,
    find_position_faults,
    find_question_faults,
    read_tables,
    sum_sizes,
)
from skeletonllm.release.verify.tars import plan_tars
from skeletonllm.release.verify.terms import (
    find_terms_faults,
    find_terms_findings,
    find_terms_form_fault,
)
from skeletonllm.release.verify.told import find_told_faults
from skeletonllm.shards.index_rows import describe_sample
from skeletonllm.storage import join, list_files, read_bytes, read_json, read_table, sha256_of
from skeletonllm.storage.layout import MANIFEST, SHARDS, table_file

UNPROVED = (
    "no motion is in a recipe: tars, hashes of motions, unobserved joints in statistics.json and "
    "copies across splits are as the release says; `skeletonllm rebuild` proves them"
)


def inspect_recipe(recipe: str) -> Verification:
    """Faults of a recipe, and what cannot be checked without the raw files.

    Args:
        recipe: Its folder.

    Raises:
        UsageError: It is no recipe.
        ReleaseError: Its manifest is damaged.
        SchemaError: It is of another major version.

    Example:
        >>> inspect_recipe("recipes/lab/1.0.0").faults  # doctest: +SKIP
        ()
    """
    manifest = dict(open_recipe(recipe).data)
    if faults := manifest_faults(manifest):
        return Verification(tuple(faults), (), 0)
    damaged = dict(_find_file_faults(recipe, manifest))
    if damaged:
        return Verification(tuple(damaged.values()), (), 0)
    with TemporaryDirectory(prefix="skeletonllm-verify-") as near:
        return _check_contents(recipe, manifest, near)


def _check_contents(recipe: str, manifest: Mapping[str, Any], near: str) -> Verification:
    """What a recipe says, whose bytes are right; ``near`` is for copies of its tables."""
    tables, faults = read_tables(recipe, manifest, set(), near)
    faults += find_count_faults(manifest, tables)
    faults += find_question_faults(tables)
    faults += _find_described_faults(recipe, manifest, tables)
    licences = read_json(join(recipe, LICENCES))
    # The terms are those of the motions, and none is here: so it may go to anyone.
    faults += find_terms_faults({**manifest, "audience": "internal"}, licences, None)
    if (index := tables.get("index")) is not None:
        faults += find_position_faults(index)
        corpora = index.column("corpus").unique().to_pylist()
        clips = index.select(CLIP_COLUMNS)
        faults += find_reference_faults(tables, clips, declare_classes(corpora))
        # Terms of no form that can be read are a fault already.
        closed = frozenset() if find_terms_form_fault(licences) else list_closed(licences)
        faults += _find_annotation_faults(recipe, tables, closed)
    findings = [*find_view_findings(tables), *find_terms_findings(licences), UNPROVED]
    return Verification(tuple(faults), tuple(findings), 0 if index is None else len(index))


def _find_file_faults(recipe: str, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Files that are missing, changed, or none of a recipe; such as one with motions."""
    listed = {entry["path"]: entry for entry in manifest["files"]}
    present = set(list_files(recipe)) - {MANIFEST}
    for path in sorted(present - set(listed)):
        yield path, f"{path}: not in the manifest"
    for path, entry in sorted(listed.items()):
        if path not in present:
            yield path, f"{path}: missing"
        elif fault := compare_bytes(entry, *sha256_of(join(recipe, path))):
            yield path, fault
    copy = join(OF_RELEASE, MANIFEST)
    if copy not in listed or copy not in present:
        yield copy, f"{copy}: the manifest does not list it, and a recipe needs it"
        return
    yield from _compare_release(recipe, manifest, listed)


def _compare_release(
    recipe: str, manifest: Mapping[str, Any], listed: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """The recipe against the manifest of the release that it is of."""
    copy = join(OF_RELEASE, MANIFEST)
    release = read_json(join(recipe, copy))
    stated = manifest.get("release")
    said = stated.get("manifest_sha256") if isinstance(stated, Mapping) else None
    if said != listed[copy]["sha256"]:
        yield copy, f"{copy}: not the manifest of the release that the recipe names"
    if faults := manifest_faults(release):
        yield copy, f"{copy}: {faults[0]}"
        return
    for key in ("name", "version", "published", "counts", "views", "lineage", "licences"):
        if manifest.get(key) != release.get(key):
            yield MANIFEST, f"manifest: {key!r} is not that of the release"
    if manifest.get("audience") != AUDIENCE:
        yield MANIFEST, f"manifest: audience {manifest.get('audience')!r}; expected {AUDIENCE!r}"
    if isinstance(stated, Mapping) and stated.get("audience") != release.get("audience"):
        yield MANIFEST, "manifest: 'release' names another audience than the release does"
    try:
        taken = list_taken(release["files"])
    except SkeletonLLMError as error:
        yield copy, f"{copy}: {error}"
        return
    entries = {entry["path"]: entry for entry in release["files"]}
    shards = [path.removeprefix(f"{SHARDS}/") for path in list_tars(release)]
    own = {join(OF_RELEASE, path) for path in OWN} | {CARD, CROISSANT}
    allowed = own | set(taken) | set(map(annotation_file, shards))
    for path in sorted(set(listed) - allowed):
        yield path, f"{path}: no file of a recipe"
    for path in sorted(allowed - set(listed)):
        yield path, f"{path}: the manifest does not list it, and a recipe needs it"
    for path in sorted(set(listed) & {*TAKEN, *(join(OF_RELEASE, p) for p in OWN[1:])}):
        of = entries.get(path.removeprefix(f"{OF_RELEASE}/"))
        if of is not None and of["sha256"] != listed[path]["sha256"]:
            yield path, f"{path}: not that of the release"


def _find_described_faults(
    recipe: str, manifest: Mapping[str, Any], tables: Tables
) -> Iterator[str]:
    """What the recipe, and the release that it is of, say to machines and to the Hub."""
    folder = join(recipe, OF_RELEASE)
    release, described = (read_json(join(folder, path)) for path in (MANIFEST, CROISSANT))
    numbers, licences = (read_json(join(recipe, path)) for path in (STATISTICS, LICENCES))
    size = sum_sizes(tables)
    of_release = [
        *find_croissant_faults(described, release, licences, tables),
        *find_card_faults(read_bytes(join(folder, CARD)), release, numbers, licences, size),
    ]
    yield from (f"{OF_RELEASE}/{fault}" for fault in of_release)
    entries = [entry for entry in manifest["files"] if entry["path"] != CROISSANT]
    try:
        head = make_recipe_head(manifest, numbers, entries)
        made = describe_recipe(described, entries)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        if not of_release:
            yield f"{CROISSANT}: cannot be made again ({type(error).__name__}: {error})"
        return
    yield from find_head_faults(read_bytes(join(recipe, CARD)), head)
    yield from compare_croissant(read_json(join(recipe, CROISSANT)), made)


def _find_annotation_faults(recipe: str, tables: Tables, closed: frozenset[str]) -> Iterator[str]:
    with TemporaryDirectory(prefix="skeletonllm-verify-") as sorted_:
        yield from _compare_annotations(recipe, tables, closed, sorted_)


def _compare_annotations(
    recipe: str, tables: Tables, closed: frozenset[str], folder: str
) -> Iterator[str]:
    """A row for each sample, which says of it what the index and the rationales say."""
    release = read_json(join(recipe, OF_RELEASE, MANIFEST))
    tars = set(list_tars(release))
    entries = [entry for entry in release["files"] if entry["path"] in tars]
    index, told_of = tables["index"], tables.get("rationales")
    for task in plan_tars(recipe, entries, index, told_of, {}, folder=folder):
        shard = task.entry["path"].removeprefix(f"{SHARDS}/")
        path = annotation_file(shard)
        try:
            table = read_table(join(recipe, path), schema=ANNOTATION)
        except (OSError, pa.ArrowException, SkeletonLLMError) as error:
            yield f"{path}: {error}"
            continue
        yield from (f"{path}: {fault}" for fault in ANNOTATION.faults(table))
        rows = [] if task.rows is None else task.rows.load().to_pylist()
        told = table.to_pylist()
        if [row["clip_id"] for row in rows] != [row["clip_id"] for row in told]:
            yield f"{path}: its clips are not those of {table_file('index')} in {shard}"
            continue
        faults = list(_compare(path, rows, told, closed))
        yield from faults
        if task.rationales is not None and not faults:
            samples = [
                (row["key"], row["clip_id"], orjson.loads(own["json"]).get("rationales", ()))
                for row, own in zip(rows, told, strict=True)
            ]
            yield from find_told_faults(path, samples, task.rationales.load())


def _compare(
    path: str, rows: list[dict[str, Any]], told: list[dict[str, Any]], closed: frozenset[str]
) -> Iterator[str]:
    for row, own in zip(rows, told, strict=True):
        if fault := _find_fault(row, own, closed):
            yield f"{path}, clip {row['clip_id']}: {fault}"


def _find_fault(
    row: Mapping[str, Any], own: Mapping[str, Any], closed: frozenset[str]
) -> str | None:
    """The first thing that is wrong with an annotation."""
    try:
        meta = orjson.loads(own["json"])
        if untold := find_untold(meta):
            return untold
        held = meta.get(CAPTIONS, [None] * row["num_captions"])
        made = describe_sample({**meta, CAPTIONS: held})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"its text cannot be read ({type(error).__name__}: {error})"
    return _compare_columns(meta, own, closed) or _compare_index(made, row)


def _compare_columns(
    meta: Mapping[str, Any], own: Mapping[str, Any], closed: frozenset[str]
) -> str | None:
    """The columns of an annotation against its text."""
    for name in ("clip_id", "source_uri", "source_sha256", "profile", "licence"):
        if meta.get(name) != own[name]:
            return f"{name} {own[name]!r}; its text says {meta.get(name)!r}"
    if meta.get("decoded_sha256", own["decoded_sha256"]) != own["decoded_sha256"]:
        return "decoded_sha256 is not that of its text"
    if own["licence"] in closed and meta.get(CAPTIONS):
        return f"it holds captions, which {own['licence']!r} keeps from being passed on"
    return None


def _compare_index(made: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    for name, value in made.items():
        if row[name] != value and name != "num_questions":
            return f"{name} {value!r}; the index says {row[name]!r}"
    return None
