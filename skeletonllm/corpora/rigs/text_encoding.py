"""From the bytes of a rig's file to text: tools write it in the encoding of their country and time.

UTF-8 and UTF-16 tell themselves. Japanese, Chinese and Korean bytes are taken for such where they
then hold words for joints; what is left is Latin-1, in which every byte is something. Old DOS tools
end a text with 0x1A, and some recorders fill text or names up with zero bytes: no part of it.
"""

from __future__ import annotations

import re

from skeletonllm.corpora.rigs.anatomy.cjk_words import count_words
from skeletonllm.errors import SourceError

_MARKS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
"""Encodings by the mark at the start; the longer marks stand first."""

_FAR_EAST = ("cp932", "gb18030", "euc_kr")
_LOOK = 1 << 16
"""Bytes that are looked at to tell an encoding: the names stand at the start."""

_END = "\x1a"
MOST_WORDS_BY_CHANCE = 1


def decode_any(data: bytes) -> str:
    """The text of a file in any usual encoding, with line ends of one kind.

    Raises:
        SourceError: ``empty`` for blanks only, ``format`` for broken UTF-16.

    Example:
        >>> decode_any("ROOT Hüfte\\r\\n".encode("utf-16")), decode_any(b"0 0 0\\x1a\\0\\0")
        ('ROOT Hüfte\\n', '0 0 0')
    """
    text = _decode(data).partition(_END)[0].replace("\0", "")
    if not text.strip():
        raise SourceError("empty", "nothing but blanks")
    return text.replace("\r\n", "\n").replace("\r", "\n")


_COMMA, _POINT = re.compile(r"\d,\d"), re.compile(r"^(?![:#]).*\d\.\d", re.MULTILINE)


def with_points(text: str) -> str:
    """The text with decimal points where it has decimal commas; unchanged where it has points.

    Example:
        >>> with_points("root 0,5 1,25"), with_points("axis 0.5,1.5")
        ('root 0.5 1.25', 'axis 0.5,1.5')
    """
    if "," not in text or _COMMA.search(text) is None or _POINT.search(text) is not None:
        return text
    return re.sub(r"(?<=\d),(?=\d)", ".", text)


_MISSING = re.compile(
    r"(?<!\S)[-+]?(1[.,][#$]\w*|[qs]?nan([qs]|\([^)\s]*\))?|inf(inity)?|∞|null|none|n/?a)(?!\S)",
    re.IGNORECASE,
)


def missing_as_nan(row: str) -> str:
    """A row of numbers with ``nan`` for what tools write where there is none.

    Example:
        >>> missing_as_nan("0.5 -1.#IND -nan(ind) 1.#QNAN0 inf 7")
        '0.5 nan nan nan nan 7'
    """
    return _MISSING.sub("nan", row)


def _decode(data: bytes) -> str:
    wide = next((name for mark, name in _MARKS.items() if data.startswith(mark)), _unmarked(data))
    if wide:
        try:
            return data[: len(data) - len(data) % 2].decode(wide)
        except UnicodeDecodeError as error:
            raise SourceError("format", f"broken {wide.upper()} ({error.reason})") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(_narrow(data))


def _unmarked(data: bytes) -> str:
    """UTF-16 without a mark: of the Latin letters it starts with, every other byte is zero."""
    start = data[:16]
    for name, odd in (("utf-16-le", 1), ("utf-16-be", 0)):
        high, low = start[odd::2], start[1 - odd :: 2]
        if len(high) > 1 and not any(high) and all(low):
            return name
    return ""


def _narrow(data: bytes) -> str:
    """The encoding in which most words for joints are found; Latin-1 where there are hardly any."""
    found: dict[str, int] = {}
    for name in _FAR_EAST:
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        found[name] = count_words(data[:_LOOK].decode(name, "ignore"))
    best = max(found, key=lambda name: found[name], default="")
    return best if best and found[best] > MOST_WORDS_BY_CHANCE else "latin-1"
