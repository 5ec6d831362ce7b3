"""A release before it is written: the tables, the numbers and the head of its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas import CLIP
from skeletonllm.release.cutting.clip_pass import read_clips
from skeletonllm.release.gate import check_audience, find_strictest_terms, summarize_licences
from skeletonllm.release.inputs import Contents, Inputs, open_contents, open_parts
from skeletonllm.release.manifest import count_contents, describe_lineage, describe_views
from skeletonllm.release.statistics import TOLD, Statistics
from skeletonllm.storage.layout import PARTS
from skeletonllm.viewer.drawing import ClassPictures


@dataclass(frozen=True)
class Draft:
    """The data of a release before it is written.

    Args:
        inputs: The stage folders.
        contents: Their tables, joined.
        head: Name, version, audience, counts, views, lineage and licences, as in the manifest.
        licences: ``licences.json``.
        numbers: ``statistics.json``.
        parent: Folder of the release this one replaces; None if it replaces nothing.
        leaks: Test clips that training sees, as sentences; known once the tars were read.
        pictures: Draws one clip of each class for the report; None for no pictures.
    """

    inputs: Inputs
    contents: Contents
    head: dict[str, Any]
    licences: dict[str, dict[str, Any]]
    numbers: dict[str, Any]
    parent: str | None = None
    leaks: tuple[str, ...] = ()
    pictures: ClassPictures | None = None


def draft_release(
    inputs: Inputs,
    name: str,
    version: str,
    *,
    audience: str,
    parent: str | None,
    code: str,
    published: str | None = None,
) -> Draft:
    """The data of a release; everything is read and nothing is written.

    Args:
        inputs: The opened stage folders.
        name: Name of the release.
        version: MAJOR.MINOR.PATCH.
        audience: One of :data:`skeletonllm.release.gate.AUDIENCES`.
        parent: Folder of the release this one replaces; None if it replaces nothing.
        code: Name and version of the program that cuts it.
        published: The day on which it is given out, if it is stated.

    Raises:
        UsageError: No such audience.
        ReleaseError: The audience may not get it, or the inputs do not belong together.
    """
    contents = open_contents(inputs)
    left_out = inputs.shards.manifest["counts"].get("rejects", 0)
    clips = read_clips(open_parts(inputs.clips, PARTS, CLIP), contents.index, left_out)
    contents = contents.without(clips.left_out)
    licences = summarize_licences(clips.licences, contents.licences)
    check_audience(audience, licences)
    carried = {licence: terms["clips"] for licence, terms in licences.items()}
    head = {
        "name": name,
        "version": version,
        "audience": audience,
        **({} if published is None else {"published": published}),
        "counts": count_contents(contents),
        "views": describe_views(contents),
        "lineage": describe_lineage(inputs, clips.sources, contents.rationales, parent, code),
        "licences": {"redistribute": find_strictest_terms(licences), "clips": carried},
    }
    return Draft(inputs, contents, head, licences, _count(clips.numbers, contents), parent)


def _count(numbers: Statistics, contents: Contents) -> dict[str, Any]:
    """``statistics.json``: what was counted of the clips, and rationales and rejects."""
    for rows in contents.rationales.batches(TOLD):
        numbers.add_rationales(rows)
    for rows in contents.rejects.batches(["stage", "code"]):
        numbers.add_rejects(rows)
    return numbers.to_json()
