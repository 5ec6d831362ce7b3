"""Cutting a release: finished stage folders become one immutable folder with hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from schemas.release import OF_NAME, RELEASE_NAME, is_day
from schemas.versions import SEMVER
from skeletonllm.errors import UsageError
from skeletonllm.release.cutting.making import list_tars, make_files
from skeletonllm.release.cutting.place import ReleasePlace
from skeletonllm.release.draft import draft_release
from skeletonllm.release.inputs import open_inputs
from skeletonllm.release.manifest import code_version
from skeletonllm.release.verify.inspection import Run
from skeletonllm.shards.manifest import refuse_inside
from skeletonllm.storage import hold_lock, join
from skeletonllm.viewer.drawing import ClassPictures


def cut_release(
    root: str,
    name: str,
    version: str,
    *,
    shards_dir: str,
    clips_dirs: Sequence[str],
    negatives_dir: str | None = None,
    rationales_dir: str | None = None,
    parent: str | None = None,
    audience: str = "internal",
    published: str | None = None,
    code: str | None = None,
    run: Run = map,
    pictures: ClassPictures | None = None,
) -> str:
    """The path of the new release, ``<root>/<name>/<version>``.

    On a local disk the folder is built beside its place and renamed; on an object store every file
    is sent once, the manifest last. So a release is whole or not there, and a cut that was killed
    or cut off goes on with the same call. The same inputs give the same bytes; cutting them again
    changes nothing. One job at a time cuts, publishes or rebuilds a version.

    Args:
        root: Folder of all releases.
        name: Lower-case letters, digits, ``-`` and ``_``.
        version: MAJOR.MINOR.PATCH.
        shards_dir: Finished ``build_shards`` folder.
        clips_dirs: The finished ``normalize`` folders it was built from.
        negatives_dir: The finished ``mine_negatives`` folder it was built from, if any.
        rationales_dir: The finished ``build_rationales`` folder it was built from, if any.
        parent: The release this one replaces. It is an input as the others are: its manifest's
            hash is in the lineage, and what changed since is in ``changes.md`` and on the card.
        audience: ``internal`` or ``public``; ``public`` refuses clips whose licence forbids
            redistribution.
        published: The day on which it is given out, YYYY-MM-DD, for ``croissant.json``; a release
            takes no day from the clock, since the same inputs give the same bytes.
        code: Name and version of the program that cuts it; by default this package's.
        run: How the tars are checked: ``map``, or the same on many cores, in any order.
        pictures: Draws one clip of each class for the report.

    Raises:
        UsageError: The name, version, audience, day or a stage folder is not valid, the root lies
            in a release or stage, or another job is at work on this version.
        ReleaseError: The licences forbid it, the inputs do not belong together, a shard is damaged,
            ``verify`` would call something a fault, or this version exists with other bytes.
    """
    _check_place(root, name, version)
    _check_day(published)
    inputs = open_inputs(shards_dir, clips_dirs, negatives_dir, rationales_dir)
    made_by = code or code_version()
    plan = draft_release(
        inputs, name, version, audience=audience, parent=parent, published=published, code=made_by
    )
    place = ReleasePlace(root, name, version)
    with hold_lock(place.folder, version, wait_s=place.wait_s) as lock, place.open() as workshop:
        shards = list_tars(inputs)
        manifest = make_files(workshop, replace(plan, pictures=pictures), shards, run)
        place.publish(workshop, manifest, shards, parent=parent, lock=lock)
    return place.target


def _check_place(root: str, name: str, version: str) -> None:
    if not RELEASE_NAME.fullmatch(name):
        raise UsageError(f"name {name!r}", expected=OF_NAME)
    if not SEMVER.fullmatch(version):
        raise UsageError(f"version {version!r}", expected="MAJOR.MINOR.PATCH, such as 1.0.0")
    refuse_inside(join(root, name))


def _check_day(published: str | None) -> None:
    if published is not None and not is_day(published):
        raise UsageError(f"day {published!r}", expected="YYYY-MM-DD, such as 2026-11-27")
