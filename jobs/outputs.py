"""Single files that a flag names: where they may lie, and how they are written."""

from __future__ import annotations


def place_file(path: str | None) -> str | None:
    """Where a file goes that a flag names, from the root on; None if none is named.

    A verb asks before it works for hours.

    Args:
        path: As it was given.

    Raises:
        UsageError: It would lie in a finished release, recipe or stage, which never changes.
    """
    from skeletonllm.shards.manifest import refuse_inside
    from skeletonllm.storage import absolute

    if path is None:
        return None
    place = absolute(path)
    refuse_inside(place)
    return place


def write_file(place: str, data: bytes) -> None:
    """Write it whole or not at all; through a link, a device or a pipe, which stays what it is.

    Args:
        place: What :func:`place_file` gave.
        data: All of its bytes.

    Raises:
        StorageError: The disk is full, or may not be written.
    """
    from skeletonllm.storage.files import filesystem, is_local, write_bytes
    from skeletonllm.storage.local_files import write_through

    fs, path = filesystem(place)
    if not (is_local(fs) and write_through(path, data)):
        write_bytes(place, data)


def write_data(place: str, data: object) -> None:
    """The same of plain data, as JSON.

    Args:
        place: What :func:`place_file` gave.
        data: Dicts, lists, strings, numbers, booleans, None.
    """
    from skeletonllm.storage.files import to_json_bytes

    write_file(place, to_json_bytes(data))
