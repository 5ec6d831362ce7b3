"""What is published, where to, and whether that is allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas import RELEASE_VERSION, manifest_faults
from schemas.versions import is_later
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.publishing.recipe.checking import inspect_recipe
from skeletonllm.release.verify.inspection import Verification, inspect_release
from skeletonllm.shards.manifest import RECIPE, RELEASE, read_manifest
from skeletonllm.storage import join
from skeletonllm.storage.layout import MANIFEST

HUB = "hf://datasets/"
"""How the target is written that is a dataset of the Hugging Face Hub."""

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


@dataclass(frozen=True)
class Parcel:
    """A release or a recipe that goes somewhere.

    Args:
        folder: Where it lies.
        name: Of the release.
        version: MAJOR.MINOR.PATCH.
        audience: Who may have it.
        sha256: Of its manifest.
        files: ``{path, sha256, bytes}`` of every file but the manifest.
        kind: ``release`` or ``recipe``.
    """

    folder: str
    name: str
    version: str
    audience: str
    sha256: str
    files: Sequence[dict[str, Any]] = field(repr=False)
    kind: str

    @property
    def manifest(self) -> str:
        """Where its manifest lies."""
        return join(self.folder, MANIFEST)


@dataclass(frozen=True)
class Published:
    """What was done to publish.

    Args:
        target: Where it is now.
        files: How many files it has.
        sent: How many of them went over the line, or onto the disk.
        sent_bytes: And how many bytes.
        already: Whether all of it was there before.
    """

    target: str
    files: int
    sent: int
    sent_bytes: int
    already: bool


def open_parcel(folder: str, *, private: bool) -> Parcel:
    """A finished release or recipe that may be published; nothing of it is verified yet.

    Args:
        folder: Where it lies.
        private: Whether only those may read the target who may read the release.

    Raises:
        UsageError: It is neither.
        ReleaseError: Its manifest is damaged, or it is not for the public.
    """
    manifest = read_manifest(folder)
    data = dict(manifest.data)
    kinds = {RELEASE: "release", RECIPE: "recipe"}
    if data.get("schema") not in kinds:
        hint = "Give the folder of one version: <root>/<name>/<version>."
        raise UsageError("neither a release nor a recipe", where=folder, hint=hint)
    if faults := manifest_faults(data):
        hint = "`skeletonllm verify` lists all that is wrong."
        raise ReleaseError(faults[0], where=manifest.folder, hint=hint)
    version = data["schema_version"]
    if data["schema"] == RELEASE and is_later(version, RELEASE_VERSION):
        found = f"cut in version {version} of a release: not all of it can be verified here"
        hint = "Publish it with the version of skeletonllm that cut it."
        expected = f"{RELEASE_VERSION} or earlier"
        raise ReleaseError(found, expected=expected, where=manifest.folder, hint=hint)
    audience = str(data.get("audience"))
    if audience != "public" and not private:
        raise ReleaseError(
            f"a release for {audience} use may not be published",
            where=folder,
            hint="Cut it with --audience public, or publish its recipe (skeletonllm make-recipe); "
            "where only people read who have these corpora, publish it with --private.",
        )
    named = (data["name"], data["version"], audience)
    kind = kinds[data["schema"]]
    return Parcel(folder, *named, _hash_of(folder), tuple(data["files"]), kind)


def _hash_of(folder: str) -> str:
    return read_manifest(folder).identity.sha256


def verify_parcel(parcel: Parcel) -> Verification:
    """What is wrong with it, if anything, by whatever verifies its kind."""
    inspect = inspect_recipe if parcel.kind == "recipe" else inspect_release
    return inspect(parcel.folder)


def parse_repository(target: str) -> str:
    """``ORG/NAME`` of ``hf://datasets/ORG/NAME``.

    Raises:
        UsageError: It names something else.

    Example:
        >>> parse_repository("hf://datasets/lab/motions")
        'lab/motions'
    """
    name = target.removeprefix(HUB).rstrip("/")
    if not target.startswith(HUB) or not _REPOSITORY.fullmatch(name):
        raise UsageError(f"target {target!r}", expected=f"{HUB}ORG/NAME")
    return name
