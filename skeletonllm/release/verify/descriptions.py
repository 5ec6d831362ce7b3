"""What a release says of itself, made again: statistics, lineage, views, and the card's head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from schemas import RELEASE_VERSION
from schemas.versions import is_later
from skeletonllm.release.card import make_front_matter
from skeletonllm.release.manifest import count_views, describe_teacher
from skeletonllm.release.statistics import TOLD, MissingJoints, SourceHashes, Statistics
from skeletonllm.release.verify.differences import find_differences
from skeletonllm.release.verify.facts import (
    Facts,
    get_digests,
    iter_columns,
    iter_counted,
    take_rows,
)
from skeletonllm.release.verify.files import CARD, STATISTICS
from skeletonllm.release.verify.tables import Tables
from skeletonllm.storage.layout import SHARDS

BEFORE_VIEWS = "2.0.0"
"""The last version of a release that does not say for which views it was mined."""
_OF_CARD = ("pretty_name", "license", "size_categories", "configs")
"""What of a card's head says something about the release, and not about its columns."""


@dataclass(frozen=True)
class Seen:
    """What was seen of the samples of a release.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`, in the order of the tars.
        missing: Unobserved joints of the same samples.
        whole: Whether these are all samples of the release.
    """

    facts: Facts
    missing: MissingJoints
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
    same = manifest["schema_version"] == RELEASE_VERSION
    yield from find_differences(STATISTICS, stated, found, whole=same)


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
    if "views" not in manifest:
        if is_later(manifest["schema_version"], BEFORE_VIEWS):
            yield "manifest: 'views' is missing"
    elif {"rationales", "negatives"} <= tables.keys():
        views = count_views(tables["negatives"], tables["rationales"])
        yield from find_differences("manifest: views", manifest["views"], views)


def find_card_faults(
    card: bytes, manifest: Mapping[str, Any], numbers: Any, licences: Any
) -> Iterator[str]:
    """What the head of the card, which the Hub reads, says otherwise than the release.

    Args:
        card: ``README.md``.
        manifest: Of the right form.
        numbers: ``statistics.json``.
        licences: ``licences.json``.
    """
    try:
        _, head, _ = card.decode().split("---\n", 2)
        # Columns of the data may be others in another version, and take long to parse.
        stated = yaml.safe_load(head.partition("\ndataset_info:")[0])
        made = make_front_matter(dict(manifest), numbers, licences)
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        yield f"{CARD}: its head cannot be read ({type(error).__name__}: {error})"
        return
    expected = yaml.safe_load(made.partition("\ndataset_info:")[0])
    kept = {key: value for key, value in expected.items() if key in _OF_CARD}
    own = stated if isinstance(stated, dict) else {}
    named = {key: value for key, value in own.items() if key in _OF_CARD}
    yield from find_differences(CARD, named, kept)


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
