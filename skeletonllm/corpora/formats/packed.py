"""Files packed with gzip: ``walk.bvh.gz`` is read as ``walk.bvh``, by every reader.

A few bytes can stand for gigabytes, so nothing is unpacked beyond a bound.
"""

from __future__ import annotations

import zlib

from skeletonllm.errors import SourceError

GZ = ".gz"
_GZIP = 31
"""What zlib calls a stream with the header of gzip."""


def without_gz(name: str) -> str:
    """A name or URI as it was before it was packed.

    Example:
        >>> without_gz("a/walk.BVH.gz"), without_gz("walk.bvh")
        ('a/walk.BVH', 'walk.bvh')
    """
    return name[: -len(GZ)] if name.lower().endswith(GZ) else name


def unpack(data: bytes, limit: int) -> bytes:
    """What a gzip file holds, all of its members.

    Args:
        data: The whole file.
        limit: Most bytes that come out.

    Raises:
        SourceError: ``unsafe`` for more than ``limit`` bytes, ``truncated``, or ``format``.
    """
    parts: list[bytes] = []
    left, rest = limit, data
    while rest:
        stream = zlib.decompressobj(_GZIP)
        try:
            part = stream.decompress(rest, left + 1)
        except zlib.error as error:
            if parts and not rest.strip(b"\0"):
                break  # tapes and some writers pad with zeros
            raise SourceError("format", f"not gzip ({error})", hint="Unpack it.") from None
        if len(part) > left:
            found = f"more than {limit} bytes once it is unpacked"
            raise SourceError("unsafe", found, expected=f"at most {limit}")
        if not stream.eof:
            raise SourceError("truncated", "a gzip file that ends early")
        parts.append(part)
        left, rest = left - len(part), stream.unused_data
    return b"".join(parts)
