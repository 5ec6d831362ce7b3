"""What a recipe proves of itself, without a motion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from tempfile import TemporaryDirectory
from typing import Any

from schemas import manifest_faults
from schemas.release import MANIFEST_KEYS
from skeletonllm.errors import SkeletonLLMError
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
from skeletonllm.publishing.recipe.samples import read_annotations
from skeletonllm.release.gate import list_closed
from skeletonllm.release.verify.croissant import compare_croissant, find_croissant_faults
from skeletonllm.release.verify.descriptions import (
    Seen,
    find_card_faults,
    find_head_faults,
    find_lineage_faults,
    find_statistics_faults,
)
from skeletonllm.release.verify.facts import FACTS
from skeletonllm.release.verify.files import (
    CARD,
    CROISSANT,
    LICENCES,
    STATISTICS,
    compare_bytes,
    find_manifest_faults,
    list_tars,
)
from skeletonllm.release.verify.inspection import (
    Verification,
    count_licences,
    find_sample_faults,
    read_topologies,
)
from skeletonllm.release.verify.references import find_view_findings
from skeletonllm.release.verify.tables import (
    Tables,
    find_count_faults,
    find_position_faults,
    find_question_faults,
    find_version_faults,
    read_tables,
    sum_sizes,
)
from skeletonllm.release.verify.terms import (
    find_terms_faults,
    find_terms_findings,
    find_terms_form_fault,
)
from skeletonllm.shards.strange import describe_strange
from skeletonllm.storage import join, list_files, read_bytes, read_json, sha256_of
from skeletonllm.storage.layout import MANIFEST, SHARDS

UNPROVED = (
    "no motion is in a recipe: tars, hashes of motions and contents, lengths, unobserved joints "
    "in statistics.json, captions that are left out and copies across splits are as the release "
    "says; `skeletonllm rebuild` proves them"
)


_NAMED_KEYS = frozenset({"manifest_sha256", "audience"})
_KEYS = MANIFEST_KEYS - {"rebuilt_of"} | {"release"}


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
    try:
        return _inspect(recipe)
    except Exception as error:
        told = describe_strange(error)
        if told is None:
            raise
        return Verification((f"{recipe}: cannot be checked ({told})",), (), 0)


def _inspect(recipe: str) -> Verification:
    manifest = dict(open_recipe(recipe).data)
    if faults := manifest_faults(manifest):
        return Verification(tuple(faults), (), 0)
    if damaged := [fault for _, fault in _find_file_faults(recipe, manifest)]:
        return Verification(tuple(dict.fromkeys(damaged)), (), 0)
    with TemporaryDirectory(prefix="skeletonllm-verify-") as near:
        return _check_contents(recipe, manifest, near)


def _check_contents(recipe: str, manifest: Mapping[str, Any], near: str) -> Verification:
    """What a recipe says, whose bytes are right; ``near`` is for copies of its tables."""
    release = read_json(join(recipe, OF_RELEASE, MANIFEST))
    tables, faults = read_tables(recipe, release, set(), near)
    faults += find_version_faults(release, tables)
    faults += find_count_faults(release, tables)
    faults += find_question_faults(tables)
    licences = read_json(join(recipe, LICENCES))
    index = tables.get("index")
    seen = Seen(FACTS.empty_table(), None, False)
    if index is not None:
        faults += find_position_faults(index)
        # Terms of no form that can be read are a fault already.
        closed = frozenset() if find_terms_form_fault(licences) else list_closed(licences)
        seen, untrue = read_annotations(recipe, release, tables, closed)
        faults += untrue
    topologies, problems = read_topologies(recipe, {})
    faults += problems
    faults += find_sample_faults(release, tables, seen, topologies)
    faults += find_terms_faults(release, licences, count_licences(seen))
    faults += _find_described_faults(recipe, manifest, tables, seen)
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
    if faults := manifest_faults(release) or list(find_manifest_faults(release)):
        yield copy, f"{copy}: {faults[0]}"
        return
    yield from _find_unknown_keys(manifest)
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


def _find_unknown_keys(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the manifest of a recipe says beside what ``make-recipe`` writes."""
    stated = manifest.get("release")
    of_release = stated if isinstance(stated, Mapping) else {}
    for name, part, known in (("", manifest, _KEYS), (": release", of_release, _NAMED_KEYS)):
        if unknown := sorted(set(part) - known):
            yield MANIFEST, f"manifest{name}: no recipe has {', '.join(map(repr, unknown))}"


def _find_described_faults(
    recipe: str, manifest: Mapping[str, Any], tables: Tables, seen: Seen
) -> Iterator[str]:
    """What the recipe, and the release that it is of, say of themselves, and are not."""
    folder = join(recipe, OF_RELEASE)
    release, described = (read_json(join(folder, path)) for path in (MANIFEST, CROISSANT))
    numbers, licences = (read_json(join(recipe, path)) for path in (STATISTICS, LICENCES))
    yield from find_statistics_faults(numbers, release, tables, seen)
    yield from find_lineage_faults(release, tables, seen)
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
