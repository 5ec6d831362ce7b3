"""What a release says of itself, made again: statistics, lineage, views, and the card's head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
import yaml

from schemas import RELEASE_VERSION
from schemas.release import LINEAGE_KEYS, STAGES
from schemas.versions import is_later
from skeletonllm.corpora.reader import OLD_NAMES
from skeletonllm.release.card import make_front_matter, parse_front_matter, read_front_matter
from skeletonllm.release.manifest import count_views, describe_teacher
from skeletonllm.release.statistics import TOLD, MissingJoints, SourceHashes, Statistics
from skeletonllm.release.verify.differences import find_differences
from skeletonllm.release.verify.facts import (
    Facts,
    get_digests,
    iter_columns,
    iter_counted,
    list_columns,
    take_rows,
)
from skeletonllm.release.verify.files import CARD, STATISTICS, list_tars
from skeletonllm.release.verify.references import count_refused
from skeletonllm.release.verify.tables import Tables
from skeletonllm.storage import TOPOLOGIES
from skeletonllm.storage.layout import SHARDS
from skeletonllm.storage.tables import TableFile
from skeletonllm.topology import get_topology, list_topologies

BEFORE_VIEWS = "2.0.0"
"""The last version of a release that does not say for which views it was mined."""
_OF_CARD = ("pretty_name", "license", "size_categories", "configs")
"""What of a card's head says something about the release, and not about its columns."""


@dataclass(frozen=True)
class Seen:
    """What was seen of the samples of a release.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`, in the order of the tars.
        missing: Unobserved joints of the same samples; None where no motion was read.
        whole: Whether these are all samples of the release.
    """

    facts: Facts
    missing: MissingJoints | None
    whole: bool


def find_statistics_faults(
    stated: Any, manifest: Mapping[str, Any], tables: Tables, seen: Seen
) -> Iterator[str]:
    """Numbers of ``statistics.json`` that the samples and tables do not give.

    Args:
        stated: Its content.
        manifest: Of the right form.
        tables: Of the release.
        seen: Of all its samples.
    """
    if not (seen.whole and {"rationales", "rejects"} <= tables.keys()):
        return
    numbers = Statistics(seen.missing)
    for clips in iter_counted(seen.facts):
        numbers.add_clips(clips)
    for rows in tables["rationales"].batches(TOLD):
        numbers.add_rationales(rows)
    for rows in tables["rejects"].batches(["stage", "code"]):
        numbers.add_rejects(rows)
    found = numbers.to_json()
    if seen.missing is None and isinstance(stated, Mapping):  # nothing here can tell
        found["missing_joints"] = stated.get("missing_joints")
    known = not is_later(manifest["schema_version"], RELEASE_VERSION)
    yield from find_differences(STATISTICS, stated, found, whole=known)


def find_skeleton_faults(
    stated: Mapping[str, Any], manifest: Mapping[str, Any], facts: Facts
) -> Iterator[str]:
    """Definitions of skeletons that are not those of the samples, each once and nothing else.

    Args:
        stated: Content of ``topologies.json``; its skeletons are registered.
        manifest: Of the right form.
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`, of all samples.
    """
    if is_later(manifest["schema_version"], RELEASE_VERSION):
        return
    names = pc.unique(list_columns(facts, ["topology"]).column(0)).to_pylist()
    if strange := sorted(set(names) - set(list_topologies())):  # of a recipe, which tells of them
        yield f"{TOPOLOGIES}: {', '.join(strange)} is missing, and samples are of it"
        return
    found = {name: get_topology(name).to_json() for name in names}
    yield from find_differences(TOPOLOGIES, stated, found)


def find_lineage_faults(manifest: Mapping[str, Any], tables: Tables, seen: Seen) -> Iterator[str]:
    """Sources, teachers and views of the manifest that samples and tables do not give.

    Args:
        manifest: Of the right form.
        tables: Of the release.
        seen: Of its samples.
    """
    stated, found = manifest["lineage"], dict[str, Any]()
    if seen.whole:
        sources = SourceHashes()
        for columns in iter_columns(seen.facts, ["corpus", "source_sha256"]):
            sources.add(columns.column("corpus"), get_digests(columns, "source_sha256"))
        found["sources"] = sources.to_json()
    if "rationales" in tables:
        found["teacher"] = describe_teacher(tables["rationales"])
    if not isinstance(stated, Mapping):
        return
    known = {key: stated[key] for key in found if key in stated}
    yield from find_differences("manifest: lineage", known, found)
    for key in sorted(LINEAGE_KEYS - set(found) - set(stated)):
        yield f"manifest: lineage: {key} is missing"
    if "index" in tables:
        stages = stated.get("stages", [])
        yield from _find_stage_faults(stages, manifest, tables["index"])
        if "rejects" in tables:
            yield from _find_refused_faults(stages, len(tables["index"]), count_refused(tables))
    if seen.whole:
        yield from _find_unmade(stated, seen.facts)
    if "views" not in manifest:
        if is_later(manifest["schema_version"], BEFORE_VIEWS):
            yield "manifest: 'views' is missing"
    elif {"rationales", "negatives"} <= tables.keys():
        views = count_views(tables["negatives"], tables["rationales"])
        yield from find_differences("manifest: views", manifest["views"], views)


def _find_stage_faults(
    stages: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any], index: TableFile
) -> Iterator[str]:
    """A release is of one folder of shards, and has the samples that its stage counted."""
    last = [stage["counts"] for stage in stages if stage["stage"] == "build_shards"]
    if len(last) != 1:
        yield f"manifest: lineage: {len(last)} stages build_shards; expected one"
        return
    found = {"samples": len(index), "shards": len(list_tars(dict(manifest)))}
    for name, count in found.items():
        made = last[0].get(name)
        if made is None:
            yield f"manifest: lineage: build_shards does not count {name}"
        elif made != count == manifest["counts"].get(name):  # else that is said of the counts
            yield f"manifest: lineage: build_shards made {made} {name}; the release has {count}"


def _find_refused_faults(
    stages: Sequence[Mapping[str, Any]], samples: int, refused: int
) -> Iterator[str]:
    """Clips that the shards refused, and that no stage made: they would excuse any class."""
    made, stated = (
        sum(stage["counts"].get(what, 0) for stage in stages if stage["stage"] == name)
        for name, what in ((STAGES[0], "clips"), (STAGES[-1], "rejects"))
    )
    said = f"manifest: lineage: build_shards refused {stated} clips"
    if stated != refused:
        yield f"{said}; rejects.parquet has {refused} of it"
    elif refused and made < samples + refused:
        yield f"{said}; normalize made {made}, and the release has {samples}"


def _find_unmade(lineage: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    """Samples of a corpus and a recipe of which no ``normalize`` stage is."""
    made = [stage for stage in lineage.get("stages", []) if stage["stage"] == "normalize"]
    named = ["corpus", "profile"]
    parts = [p.group_by(named).aggregate([([], "count_all")]) for p in iter_columns(facts, named)]
    counts: Counter[tuple[str, str]] = Counter()
    for row in (row for part in parts for row in part.to_pylist()):
        counts[row["corpus"], row["profile"].partition("+")[0]] += row["count_all"]
    for (corpus, recipe), count in sorted(counts.items()):
        if not any(_may_make(stage, corpus, recipe) for stage in made):
            said = f"{count} samples of {corpus!r} are of recipe {recipe!r}"
            yield f"manifest: lineage: {said}, and no stage normalize made such clips"


def _may_make(stage: Mapping[str, Any], corpus: str, recipe: str) -> bool:
    """Whether a stage may have made clips of this corpus; a module:Class alone names none."""
    told, reader = str(stage["config"].get("corpus")), stage.get("reader", {}).get("name")
    named = OLD_NAMES.get(told, told)
    own = reader == corpus if reader else ":" in named or named == corpus
    profile = str(stage["config"].get("profile", recipe))
    return own and profile.partition("+")[0] == recipe


def find_card_faults(
    card: bytes, manifest: Mapping[str, Any], numbers: Any, licences: Any, size: int | None
) -> Iterator[str]:
    """What the head of the card, which the Hub reads, says otherwise than the release.

    Args:
        card: ``README.md``.
        manifest: Of the right form.
        numbers: ``statistics.json``.
        licences: ``licences.json``.
        size: Bytes of all samples; None if they are not known.
    """
    try:
        made = make_front_matter(dict(manifest), numbers, licences, size or 0)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}"
        yield f"{CARD}: its head cannot be made again of {STATISTICS} and the manifest ({why})"
        return
    # In another version columns and other things may be declared otherwise.
    whole = manifest["schema_version"] == RELEASE_VERSION and size is not None
    yield from find_head_faults(card, made, None if whole else _OF_CARD)


def find_head_faults(card: bytes, made: str, kept: Sequence[str] | None = None) -> Iterator[str]:
    """Where the head of a card differs from one that was made again.

    Args:
        card: ``README.md``.
        made: The lines of its head, as they should be.
        kept: What of it is compared; None for all.
    """
    try:
        head = read_front_matter(card.decode())
        if head == made:
            return
        stated = parse_front_matter(head)
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        yield f"{CARD}: its head cannot be read ({type(error).__name__}: {error})"
        return
    expected = parse_front_matter(made)
    if kept is not None:
        own = stated if isinstance(stated, dict) else {}
        stated = {key: value for key, value in own.items() if key in kept}
        expected = {key: value for key, value in expected.items() if key in kept}
    yield from find_differences(CARD, stated, expected)


def find_motion_faults(facts: Facts) -> Iterator[str]:
    """Samples that state the same ``motion_sha256``, and hold different motions.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`.
    """
    stated, made = (get_digests(facts, f"{name}_sha256") for name in ("motion", "decoded"))
    starts = stated.view(">u8")[:, 0]
    order = np.lexsort((made.view(">u8")[:, 0], starts))
    near = starts[order[:-1]] == starts[order[1:]]  # few: of most no second copy is made
    one, other = order[:-1][near], order[1:][near]
    same = (stated[one] == stated[other]).all(axis=1)
    torn = same & (made[one] != made[other]).any(axis=1)
    # Of more than two motions with one hash, the first two are named.
    pairs = {
        bytes(stated[a]): (int(a), int(b)) for a, b in zip(one[torn], other[torn], strict=True)
    }
    for sha256, rows in sorted(pairs.items()):
        chosen = np.isin(np.arange(len(facts)), rows)
        named = take_rows(facts, ["clip_id", "shard"], chosen).to_pylist()
        places = " and ".join(f"{row['clip_id']} ({SHARDS}/{row['shard']})" for row in named)
        yield (
            f"clips {places} state one motion_sha256, {sha256.hex()[:12]}, "
            "and hold different motions"
        )
