"""A release or a recipe to where others read it."""

from __future__ import annotations

from collections.abc import Callable

from skeletonllm.errors import ReleaseError, tell_first
from skeletonllm.publishing.hub import publish_to_hub
from skeletonllm.publishing.targets import (
    Parcel,
    Published,
    open_parcel,
    parse_repository,
    verify_parcel,
)
from skeletonllm.release.verify.inspection import Verification
from skeletonllm.shards.manifest import refuse_inside
from skeletonllm.shards.strange import refuse_strange
from skeletonllm.storage import absolute, join

Verify = Callable[[Parcel], Verification]


def publish(
    folder: str, target: str, *, private: bool = False, verify: Verify = verify_parcel
) -> Published:
    """Verify a release or a recipe, and bring it to a folder, a bucket or the Hugging Face Hub.

    Args:
        folder: Of one version.
        target: A folder or URL of all releases, where it becomes ``<name>/<version>``; or
            ``hf://datasets/ORG/NAME``, where the version becomes a tag.
        private: The target is read only by people who may have the release.
        verify: What verifies it; ``jobs.verify`` has one for many cores.

    Raises:
        UsageError: It is no release, or the target is none, or lies in a release.
        ReleaseError: It has faults, may not go there, or another one is there.
        StorageError: The target gives no answer; the same call goes on.

    Example:
        >>> publish("releases/lab/1.0.0", "s3://lab/releases")  # doctest: +SKIP
        Published(target='s3://lab/releases/lab/1.0.0', files=14, sent=14, ...)
    """
    with refuse_strange(folder):
        parcel = open_parcel(folder, private=private)
    repository = parse_repository(target) if target.startswith("hf://") else None
    if repository is None:
        refuse_inside(join(absolute(target), parcel.name))
    with refuse_strange(folder):
        faults = verify(parcel).faults
    if faults:
        hint = "`skeletonllm verify` lists all of them. Nothing was published."
        raise ReleaseError(tell_first(faults), where=folder, hint=hint)
    if repository is not None:
        return publish_to_hub(parcel, repository, private=private)
    from skeletonllm.publishing.mirror import publish_to_store  # noqa: PLC0415

    return publish_to_store(parcel, target)
