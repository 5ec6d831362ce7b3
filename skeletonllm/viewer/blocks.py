"""Blocks of a page: raw deflate, in base64, written one after the other and never all held."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

TEXTS_IN_BLOCK, MOTIONS_IN_BLOCK = 128, 64
"""Rows of one block: what a page inflates to show one clip."""
_LEVEL = 6
"""Of deflate: level 9 saves 3 % and takes ten times as long."""

Write = Callable[[str, bytes], None]
"""Takes the name of a block and its deflated bytes."""


def deflate(data: bytes) -> bytes:
    """Raw deflate, as ``DecompressionStream("deflate-raw")`` inflates it."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def to_json_bytes(data: Any) -> bytes:
    """Plain data as JSON: the same data, the same bytes.

    Raises:
        ValueError: A number is NaN or infinite, which JSON has no word for.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")


def join_motions(motions: Sequence[bytes]) -> bytes:
    """A block of packed motions: their number, where each begins and ends, and they themselves.

    An empty one stands for a clip whose motion cannot be read.
    """
    at = 4 * (len(motions) + 2)
    offsets = [at]
    for motion in motions:
        at += len(motion)
        offsets.append(at)
    return struct.pack(f"<{len(offsets) + 1}I", len(motions), *offsets) + b"".join(motions)


class BlockWriter:
    """Gathers texts and motions, and writes each block when it is full.

    Args:
        write: Takes each block.
    """

    def __init__(self, write: Write) -> None:
        self.texts_blocks = self.motions_blocks = 0
        self._write = write
        self._texts: list[Any] = []
        self._motions: list[bytes] = []

    def add(self, texts: Any, motion: bytes) -> None:
        """Add what belongs to the next row.

        Args:
            texts: Plain data.
            motion: Packed; empty where it cannot be read.
        """
        self._texts.append(texts)
        self._motions.append(motion)
        if len(self._texts) == TEXTS_IN_BLOCK:
            self._flush_texts()
        if len(self._motions) == MOTIONS_IN_BLOCK:
            self._flush_motions()

    def finish(self) -> None:
        """Write what is left."""
        if self._texts:
            self._flush_texts()
        if self._motions:
            self._flush_motions()

    def _flush_texts(self) -> None:
        self._write(f"texts-{self.texts_blocks}", deflate(to_json_bytes(self._texts)))
        self._texts, self.texts_blocks = [], self.texts_blocks + 1

    def _flush_motions(self) -> None:
        self._write(f"motions-{self.motions_blocks}", deflate(join_motions(self._motions)))
        self._motions, self.motions_blocks = [], self.motions_blocks + 1


def write_element(file: BinaryIO, name: str, block: bytes) -> None:
    """Write a block as an element of a page that no browser takes for a script.

    Args:
        file: The page.
        name: Of the block.
        block: Its bytes.
    """
    head = f'<script type="application/octet-stream" id="sk-blk-{name}">'
    file.write(head.encode() + base64.b64encode(block) + b"</script>\n")
