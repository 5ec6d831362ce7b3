"""One file to an object store: copied by the store itself where it can be, or else sent once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import fsspec

from skeletonllm.errors import StorageError
from skeletonllm.storage.files import filesystem, is_local, join
from skeletonllm.storage.retries import TIMEOUT_S, Patience, ShortRead, call
from skeletonllm.storage.transfer.outgoing import (
    PART,
    Fingerprint,
    OutgoingFile,
    read_checked_parts,
    read_parts,
)
from skeletonllm.storage.transfer.stamps import describe_object, make_stamp, read_etag

_log = logging.getLogger(__name__)
_WRITING = Patience(doing="written")


def copy_on_store(file: OutgoingFile, target: str, known: Sequence[str]) -> str | None:
    """Let the store copy a file from where it has the same bytes; the new object's stamp.

    None if it has them nowhere. What was copied is proved: the source is unchanged since its bytes
    were found right, or the copy's ETag is that of the right bytes, or it is read back and hashed.

    Args:
        file: To copy.
        target: The folder, on a store.
        known: URLs of files that should have the same bytes, on whatever store.

    Raises:
        ReleaseError: The file itself is damaged.
        StorageError: The store gives no answer.
    """
    fs, path = filesystem(join(target, file.path))
    for url in (file.url, *known):
        other, source = filesystem(url)
        if other is not fs or source == path:
            continue
        info = describe_object(fs, source)
        if info is None or info.get("size") != file.bytes:
            continue
        _copy(fs, source, path)
        made = describe_object(fs, path) or {}
        proved = url == file.url and file.stamp is not None and file.stamp == make_stamp(info)
        proved = proved and made.get("size") == file.bytes
        if proved or has_bytes(join(target, file.path), made, file):
            return make_stamp(made)
        _log.warning("%s: not the bytes that its manifest lists, so it is not copied", url)
        _remove(fs, path)
    return None


def _copy(fs: fsspec.AbstractFileSystem, source: str, path: str) -> None:
    patience = Patience(timeout_s=300.0, doing="written")

    def request() -> None:
        call(fs, "cp_file", source, path, timeout_s=patience.timeout_s)

    patience.ask(request, str(fs.unstrip_protocol(path)))


def has_bytes(url: str, info: Mapping[str, Any], file: OutgoingFile) -> bool:
    """Whether an object has the bytes of a file: by its size and ETag, or else by reading it.

    Args:
        url: Of the object.
        info: What its store says of it.
        file: If it lies on a disk, it is read too, for the ETag that it would get.

    Raises:
        ReleaseError: The file is damaged.
        StorageError: The store gives no answer.
    """
    if info.get("size") != file.bytes:
        return False
    here, _ = filesystem(file.url)
    if is_local(here):
        seen = Fingerprint()
        for _ in read_checked_parts(file, seen):
            pass
        if read_etag(info) in seen.etags:
            return True
    digest = hashlib.sha256()
    for part in read_parts(url):
        digest.update(part)
    return digest.hexdigest() == file.sha256


def upload(file: OutgoingFile, target: str) -> str:
    """Send a file, and give the stamp of what stands then.

    Its bytes are hashed as they pass, and an object of other bytes never becomes visible.

    Args:
        file: To send.
        target: The folder, on a store.

    Raises:
        ReleaseError: The file is damaged.
        StorageError: The store did not take it.
    """
    url = join(target, file.path)
    fs, path = filesystem(url)

    def request() -> dict[str, Any]:
        if file.bytes > PART:
            _send_parts(fs, path, file)
        else:
            data = b"".join(read_checked_parts(file))
            granted = _WRITING.grant(len(data)).timeout_s
            call(fs, "pipe_file", path, data, timeout_s=granted)
        info: dict[str, Any] = call(fs, "info", path, timeout_s=TIMEOUT_S)
        if info.get("size") != file.bytes:
            raise ShortRead(f"{info.get('size')} bytes stand of {file.bytes:,} that were sent")
        return info

    try:
        return make_stamp(_WRITING.grant(file.bytes).ask(request, url))
    except FileNotFoundError as error:
        raise StorageError("the store has no such place", where=url) from error


def _send_parts(fs: fsspec.AbstractFileSystem, path: str, file: OutgoingFile) -> None:
    """In parts, which the store joins when all of them were right."""
    out = fs.open(path, "wb", block_size=PART, autocommit=False)
    try:
        for part in read_checked_parts(file):
            out.write(part)
        out.close()
        out.commit()
    except BaseException:
        with suppress(Exception):  # what went wrong is raised already
            out.discard()
        raise


def drop_unfinished(url: str) -> None:
    """Delete the parts of uploads that were killed: they cost money, and no listing shows them.

    Only S3 keeps any.

    Args:
        url: The folder whose uploads are dropped; nobody else may be sending to it.
    """
    fs, path = filesystem(url)
    if not hasattr(fs, "call_s3"):
        return
    bucket, _, prefix = path.partition("/")
    try:
        found = fs.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=f"{prefix}/")
        for upload_ in found.get("Uploads", []):
            named = {"Key": upload_["Key"], "UploadId": upload_["UploadId"]}
            fs.call_s3("abort_multipart_upload", Bucket=bucket, **named)
    except Exception:  # not every store behind this protocol knows the request
        _log.info("%s: unfinished uploads could not be listed", url, exc_info=True)


def _remove(fs: fsspec.AbstractFileSystem, path: str) -> None:
    with suppress(FileNotFoundError):
        fs.rm_file(path)
