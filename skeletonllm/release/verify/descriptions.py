"""What a release says of itself, made again: statistics, lineage, views, and the card's head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from schemas import RELEASE_VERSION
from schemas.versions import is_later
from skeletonllm.release.card import make_front_matter
from skeletonllm.release.manifest import count_views, describe_teacher, hash_sources
from skeletonllm.release.statistics import MissingJoints, summarize_clips
from skeletonllm.release.verify.differences import find_differences
from skeletonllm.release.verify.facts import list_columns, list_counted
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

    facts: pa.Table
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
    counted = list_counted(seen.facts)
    found = summarize_clips(counted, seen.missing, tables["rationales"], tables["rejects"])
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
        columns = list_columns(seen.facts, ["corpus", "source_sha256"])
        pairs = (
            columns.group_by(["corpus", "source_sha256"], use_threads=False)
            .aggregate([])
            .to_pylist()
        )
        found["sources"] = hash_sources((p["corpus"], p["source_sha256"].hex()) for p in pairs)
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


def find_motion_faults(facts: pa.Table) -> Iterator[str]:
    """Samples that state the same ``motion_sha256``, and hold different motions.

    Args:
        facts: Rows of :data:`skeletonllm.release.verify.facts.FACTS`.
    """
    pairs = facts.select(["motion_sha256", "decoded_sha256"])
    pairs = pairs.group_by(["motion_sha256", "decoded_sha256"], use_threads=False).aggregate([])
    counted = pc.value_counts(pairs.column("motion_sha256"))
    torn = counted.filter(pc.greater(counted.field("counts"), 1)).field("values")
    for sha256 in torn.to_pylist():
        own = facts.filter(pc.equal(facts.column("motion_sha256"), pa.scalar(sha256, torn.type)))
        named = list_columns(own, ["clip_id", "shard", "decoded_sha256"]).to_pylist()
        other = next(row for row in named if row["decoded_sha256"] != named[0]["decoded_sha256"])
        places = " and ".join(f"{r['clip_id']} ({SHARDS}/{r['shard']})" for r in (named[0], other))
        yield (
            f"clips {places} state one motion_sha256, {sha256.hex()[:12]}, "
            "and hold different motions"
        )
