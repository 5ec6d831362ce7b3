"""A page read as a browser reads it: elements by their id, blocks inflated."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

from skeletonllm.viewer.pack import Unpacked, unpack_motion

VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """Fails where tags do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._id = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.elements.append((tag, named))
        self._id = named.get("id") or tag
        if tag not in VOID:
            self.open.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts[self._id] = self.texts.get(self._id, "") + data

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @property
    def head(self) -> dict[str, Any]:
        return dict(json.loads(self.texts["sk-head"]))

    @property
    def policy(self) -> str:
        metas = (attrs for tag, attrs in self.elements if tag == "meta")
        return next(str(m["content"]) for m in metas if m.get("http-equiv"))

    def block(self, name: str) -> bytes:
        return zlib.decompress(base64.b64decode(self.texts[f"sk-blk-{name}"]), -zlib.MAX_WBITS)

    @property
    def columns(self) -> dict[str, Any]:
        return dict(json.loads(self.block("rows"))["columns"])

    @property
    def tellings(self) -> list[dict[str, Any]]:
        count = self.head["blocks"]["texts"]
        return [told for k in range(count) for told in json.loads(self.block(f"texts-{k}"))]

    @property
    def motions(self) -> list[Unpacked | None]:
        count = self.head["blocks"]["motions"]
        packed = [m for k in range(count) for m in split_motions(self.block(f"motions-{k}"))]
        return [unpack_motion(data) if data else None for data in packed]


def split_motions(block: bytes) -> list[bytes]:
    """The motions of a block, as ``join_motions`` puts them there."""
    (count,) = struct.unpack_from("<I", block)
    offsets = struct.unpack_from(f"<{count + 1}I", block, 4)
    return [block[a:b] for a, b in pairwise(offsets)]


def words_of(column: dict[str, Any]) -> list[Any]:
    """The word, or the words, of each row of a column."""
    words = [*column["words"], None]
    if column["kind"] == "category":
        return [words[code] for code in column["codes"]]
    return [[words[code] for code in codes] for codes in column["codes"]]
