"""To the Hugging Face Hub: one commit that readers see whole, then a tag by the version.

Through ``huggingface_hub.HfApi`` alone: writes to ``hf://`` of fsspec are one commit a file, and a
reader between two of them meets half of a release.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from skeletonllm.errors import ReleaseError, StorageError, UsageError
from skeletonllm.publishing.targets import HUB, Parcel, Published
from skeletonllm.storage import join, read_bytes
from skeletonllm.storage.files import filesystem, is_local
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.storage.retries import Patience

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Answer = TypeVar("Answer")

DATASET = "dataset"
TRIES = 4
"""Of each step; ``huggingface_hub`` asks again by itself where it may, within each."""
AT_ONCE = 32
"""Files that are sent between two lines of the log."""
MOVED = 412
"""The status of a commit onto a head that is no longer the head; it is planned anew."""
_log = logging.getLogger(__name__)


class _Refusal(OSError):
    """What the Hub answered, in the words of :mod:`skeletonllm.storage.retries`."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


def publish_to_hub(
    parcel: Parcel, repository: str, *, private: bool, endpoint: str | None = None
) -> Published:
    """Make a dataset of the Hub what a release is, and tag it with the version.

    Large files are sent first; then one commit adds all files that differ, deletes those of an
    earlier version, and so replaces it at once; then comes the tag. Cut off at any moment, the same
    call goes on: what the Hub holds is not sent again.

    Args:
        parcel: Verified, and allowed to go there; on a local disk.
        repository: ``ORG/NAME``; made where it is missing.
        private: Whether the repository is one that only its members read.
        endpoint: Of the Hub; None takes HF_ENDPOINT, or huggingface.co.

    Raises:
        UsageError: The release does not lie on a local disk, or ``huggingface_hub`` is missing.
        ReleaseError: The version is tagged there with other files, or what is private, or not for
            the public, would go to a repository that anyone reads.
        StorageError: The Hub gives no answer, or does not let us.
    """
    if not is_local(filesystem(parcel.folder)[0]):
        hint = "Copy it to a folder first: `skeletonllm publish RELEASE FOLDER`."
        raise UsageError("only a local folder is sent to the Hub", where=parcel.folder, hint=hint)
    hub = _Hub(_open_api(endpoint), repository)
    hub.make(private=private)
    if (private or parcel.audience != "public") and not hub.is_private():
        hint = "Make it private in its settings, or name another one."
        asked = "--private" if private else f"a release for {parcel.audience} use"
        found = f"{asked}, and a repository that anyone reads"
        raise ReleaseError(found, where=hub.where, hint=hint)
    files = _list_files(parcel)
    if (tagged := hub.find_tag(parcel.version)) is not None:
        _refuse_other(parcel, files, hub, tagged)
        return Published(hub.where, len(files), 0, 0, already=True)
    brought = dict[str, int]()
    commit = hub.ask(lambda: _commit(parcel, files, hub, brought))
    hub.tag(parcel.version, commit)
    size = sum(brought.values())
    return Published(hub.where, len(files), len(brought), size, already=False)


def _open_api(endpoint: str | None) -> HfApi:
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - only who publishes there waits for it
    except ImportError:
        hint = "Install it: pip install 'skeletonllm[hub]'."
        raise UsageError("the Hub needs the package huggingface_hub", hint=hint) from None
    return HfApi(endpoint=endpoint or os.environ.get("HF_ENDPOINT"))


@dataclass(frozen=True)
class _File:
    path: str
    sha256: str
    bytes: int
    place: str

    def is_there(self, there: Any) -> bool:
        """Whether what the Hub lists at this path has the same bytes.

        Large files are known there by their SHA-256, others by the hash that git gives a blob.
        """
        if there is None or there.size != self.bytes:
            return False
        if there.lfs is not None:
            return bool(there.lfs.sha256 == self.sha256)
        data = read_bytes(self.place)
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        return bool(there.blob_id == blob)


def _list_files(parcel: Parcel) -> list[_File]:
    """All files of a release, its manifest last."""
    listed = [
        _File(e["path"], e["sha256"], e["bytes"], join(parcel.folder, e["path"]))
        for e in parcel.files
    ]
    size = len(read_bytes(parcel.manifest))
    return [*listed, _File(MANIFEST, parcel.sha256, size, parcel.manifest)]


def _refuse_other(parcel: Parcel, files: Sequence[_File], hub: _Hub, tagged: str) -> None:
    """A version never changes."""
    there = hub.list_tree(tagged)
    differing = [file.path for file in files if not file.is_there(there.get(file.path))]
    differing += sorted(set(there) - {file.path for file in files})
    if differing:
        found = f"version {parcel.version} is there with other contents ({differing[0]})"
        raise ReleaseError(
            found, where=hub.where, hint="A release never changes: choose a new version."
        )


def _commit(
    parcel: Parcel, files: Sequence[_File], hub: _Hub, brought: MutableMapping[str, int]
) -> str:
    """One commit that makes the repository this release, by its id.

    Where an earlier try has made it, and its answer was lost, nothing is left to bring. Files that
    were brought, in whichever try, are added to ``brought`` with their sizes.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete  # noqa: PLC0415

    head = hub.head()
    there = hub.list_tree(head)
    missing = [file for file in files if not file.is_there(there.get(file.path))]
    gone = sorted(set(there) - {file.path for file in files})
    if not missing and not gone:
        return head
    brought.update((file.path, file.bytes) for file in missing)
    adds = [CommitOperationAdd(file.path, file.place) for file in missing]
    for start in range(0, len(adds), AT_ONCE):
        batch = adds[start : start + AT_ONCE]
        hub.api.preupload_lfs_files(
            hub.repository, batch, repo_type=DATASET, free_memory=False, num_threads=4
        )
        _log.info("%s: %d of %d files", hub.where, start + len(batch), len(adds))
    made = hub.api.create_commit(
        hub.repository,
        [*(CommitOperationDelete(path) for path in gone), *adds],
        repo_type=DATASET,
        commit_message=f"{parcel.kind} {parcel.name} {parcel.version}",
        commit_description=f"sha256 of manifest.json: {parcel.sha256}",
        parent_commit=head,  # refused where somebody else has committed meanwhile
    )
    return str(made.oid)


@dataclass(frozen=True)
class _Hub:
    """One repository, asked as often as it may take."""

    api: HfApi
    repository: str
    patience: Patience = field(default_factory=lambda: Patience(tries=TRIES))

    @property
    def where(self) -> str:
        return f"{HUB}{self.repository}"

    def ask(self, request: Callable[[], Answer]) -> Answer:
        """What a call of the API gives, in whichever try.

        Raises:
            StorageError: None succeeded, or the Hub does not let us.
        """
        try:
            return self.patience.ask(lambda: _translate(request), self.where)
        except FileNotFoundError as error:
            found = f"no such repository, or none that this account sees ({error.__cause__})"
            raise StorageError(found, where=self.where, hint=_LOGIN) from error
        except StorageError as error:
            again = "Run the same command again: what the Hub holds is not sent twice."
            error.hint = again if "in each of" in error.found else _LOGIN
            raise

    def make(self, *, private: bool) -> None:
        self.ask(
            lambda: self.api.create_repo(
                self.repository, repo_type=DATASET, private=private or None, exist_ok=True
            )
        )

    def _info(self) -> Any:
        return self.ask(lambda: self.api.repo_info(self.repository, repo_type=DATASET))

    def is_private(self) -> bool:
        return bool(self._info().private)

    def head(self) -> str:
        return str(self._info().sha)

    def find_tag(self, version: str) -> str | None:
        """The commit that a version is tagged at."""
        refs = self.ask(lambda: self.api.list_repo_refs(self.repository, repo_type=DATASET))
        return next((tag.target_commit for tag in refs.tags if tag.name == version), None)

    def list_tree(self, revision: str) -> dict[str, Any]:
        """Files of a revision by path, but for those of the Hub itself, such as .gitattributes."""

        def request() -> list[Any]:
            listed = self.api.list_repo_tree(
                self.repository, recursive=True, revision=revision, repo_type=DATASET
            )
            return [item for item in listed if hasattr(item, "blob_id")]

        return {item.path: item for item in self.ask(request) if not item.path.startswith(".")}

    def tag(self, version: str, commit: str) -> None:
        """Name a commit by a version.

        Raises:
            ReleaseError: Another commit has that name since.
        """
        self.ask(
            lambda: self.api.create_tag(
                self.repository, tag=version, revision=commit, repo_type=DATASET, exist_ok=True
            )
        )
        if self.find_tag(version) != commit:
            found = f"somebody else has just tagged version {version}"
            raise ReleaseError(found, where=self.where, hint="Look at what is there.")


_LOGIN = (
    "Log in with `hf auth login`, or set HF_TOKEN, by a token that may write there; then run the "
    "same command again."
)


def _translate(request: Callable[[], Answer]) -> Answer:
    """The same call; what the Hub refuses has its status, however deep it was raised."""
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    try:
        return request()
    except (HfHubHTTPError, RuntimeError) as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, HfHubHTTPError):
            cause = cause.__cause__
        if cause is None:
            if isinstance(error, RuntimeError) and error.__cause__ is not None:
                raise OSError(str(error.__cause__)) from error
            raise
        if cause.response.status_code == MOVED:
            raise OSError("somebody else has committed meanwhile") from error
        text = str(cause).strip().splitlines()
        raise _Refusal(text[0] if text else "no word", cause.response.status_code) from error
