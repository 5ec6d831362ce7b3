"""Official lists of clips to leave out, and what they say against what the files say.

NTU RGB+D publishes the names of 302 clips (535 of the 120-class corpus) "with missing or incomplete
skeleton data". Copies of the lists differ: with or without the sentences above the names, with LF
or CRLF, with or without ``.skeleton``. One name a line is a name; a line of several words is prose;
``#`` starts a comment. What a list says of its own length is checked against its names.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from skeletonllm.corpora.reader import Reject
from skeletonllm.errors import UsageError
from skeletonllm.storage import read_bytes

LISTED = "listed"
"""Stage of the reject of a listed clip whose file reads well: only the list speaks against it."""

CODE = "listed_missing"
MAX_BYTES = 16 << 20
SHOWN = 5

HEADINGS = frozenset("name names file files filename clip clips clip_id sample samples".split())
EXTENSION = re.compile(r"\.(skeleton|json|txt|mat|npy|npz|csv|pkl|bvh|avi)$", re.IGNORECASE)
NTU_NAME = re.compile(r"S\d{3}C\d{3}P\d{3}R\d{3}A\d{3}")
STATED = re.compile(r"(\d[\d,]*) of the\b")


@dataclass(frozen=True)
class MissingList:
    """A list of clips to leave out.

    Args:
        name: File name of the list, for messages.
        names: Source ids of the clips, sorted, each once.
    """

    name: str
    names: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Identity of the names; headings, line ends, order and repeats do not count."""
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()

    def __contains__(self, source_id: str) -> bool:
        return source_id in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.names)


def read_missing_list(url: str) -> MissingList:
    """The list at a path or URL.

    Raises:
        UsageError: It is not there, or is no list; the message says what it is instead.
    """
    data = read_bytes(url)
    if len(data) > MAX_BYTES:
        expected = f"at most {MAX_BYTES}"
        raise UsageError(f"a list of {len(data)} bytes", expected=expected, where=url)
    return parse_missing_list(_text(data, url), url)


def parse_missing_list(text: str, where: str) -> MissingList:
    """The names of a list's text.

    Args:
        text: The whole file.
        where: Its path: names the list in messages.

    Raises:
        UsageError: There is no name in it, a clip's name stands within a sentence, or the list
            states another number of names than it holds (a cut copy).

    Example:
        >>> text = "2 of the captured samples are incomplete.\\r\\n\\r\\nS001C002P005R002A008\\r\\n"
        >>> parse_missing_list(text + "S001C002P006R001A008.skeleton\\r\\n", "list.txt").names
        ('S001C002P005R002A008', 'S001C002P006R001A008')
    """
    if text.lstrip().startswith("<"):
        hint = "Download the raw file, not the page that shows it."
        raise UsageError("a web page", expected="a list of names", where=where, hint=hint)
    found: list[str] = []
    stated: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if len(words) == 1 and not (not found and words[0].lower() in HEADINGS):
            found.append(_name(words[0]))
        elif len(words) > 1:
            _refuse_name_within(words, f"{where}, line {number}")
            match = STATED.match(line.strip())
            stated = int(match[1].replace(",", "")) if match else stated
    names = tuple(sorted(set(found)))
    _check_count(names, stated, where)
    return MissingList(PurePosixPath(where).name, names)


def listed_in(lists: Sequence[MissingList], source_id: str) -> str | None:
    """Name of the first list that has this source id, or None."""
    return next((found.name for found in lists if source_id in found), None)


def refuse_listed(uri: str, name: str, faults: Sequence[Reject]) -> Reject:
    """The reject of a listed file, which says whether the file itself bears the list out.

    Args:
        uri: The file.
        name: The list that has it.
        faults: What is wrong with the file itself; empty if it reads well.
    """
    if not faults:
        return Reject(uri, LISTED, CODE, f"listed in {name}, though the file reads well")
    first = faults[0]
    return Reject(uri, first.stage, CODE, f"listed in {name}; {first.code}: {first.message}")


@dataclass(frozen=True)
class CrossCheck:
    """What a list says against what was found; all are names without folder and extension.

    Args:
        listed: How many names the lists have, each once.
        absent: Listed, and no such file.
        confirmed: Listed, and the file cannot be read or shows nobody.
        readable: Listed, and yet the file reads well.
        kept: Those of ``readable`` that are clips all the same: the list was not used.
        unlisted: Not listed, and yet rejected, with the code.
    """

    listed: int
    absent: tuple[str, ...]
    confirmed: tuple[str, ...]
    readable: tuple[str, ...]
    kept: tuple[str, ...]
    unlisted: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    def lines(self) -> list[str]:
        """One sentence for each kind that there is."""
        unlisted = [f"{name} ({code})" for name, code in self.unlisted.items()]
        sentences = [
            ("listed, and no such file", self.absent),
            ("listed, and the file bears it out", self.confirmed),
            ("listed, though the file reads well", self.readable),
            ("listed, and yet a clip here", self.kept),
            ("not listed, and yet rejected", unlisted),
        ]
        counted = [f"{len(names)} {what}: {_few(names)}" for what, names in sentences if names]
        return [f"{self.listed} names on the missing lists", *counted]


def cross_check(
    lists: Sequence[MissingList], clips: Iterable[str], rejects: Iterable[Mapping[str, Any]]
) -> CrossCheck:
    """Compare lists with a folder of clips.

    Args:
        lists: The lists.
        clips: Ids of the clips found, ``<corpus>/<name>``.
        rejects: Rows of :data:`schemas.REJECT`.
    """
    listed = {name for found in lists for name in found.names}
    made = {_name(clip_id.partition("/")[2]) for clip_id in clips}
    bad: dict[str, str] = {}
    fine: set[str] = set()
    for row in rejects:
        name = _name(row["source_uri"].partition("#")[0])
        if row["code"] == CODE and row["stage"] == LISTED:
            fine.add(name)
        else:
            bad.setdefault(name, row["code"])
    kept = listed & made
    return CrossCheck(
        listed=len(listed),
        absent=tuple(sorted(listed - made - fine - bad.keys())),
        confirmed=tuple(sorted(listed & bad.keys() - made)),
        readable=tuple(sorted(kept | (listed & fine))),
        kept=tuple(sorted(kept)),
        unlisted={name: code for name, code in sorted(bad.items()) if name not in listed},
    )


def _text(data: bytes, where: str) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UsageError("not text", expected="a list of names, one a line", where=where)
    return text


def _name(word: str) -> str:
    """Without folders, quotes, a trailing comma and the extension."""
    word = word.strip(",;\"'").replace("\\", "/").rpartition("/")[2]
    return EXTENSION.sub("", word)


def _refuse_name_within(words: list[str], where: str) -> None:
    inside = [word for word in words if NTU_NAME.search(word)]
    if inside:
        found = f"{inside[0]!r} beside other words"
        raise UsageError(found, expected="one name a line", where=where)


def _check_count(names: tuple[str, ...], stated: int | None, where: str) -> None:
    if not names:
        hint = "Write one clip's name a line."
        raise UsageError("no name in the list", where=where, hint=hint)
    if stated is not None and stated != len(names):
        raise UsageError(
            f"the list says {stated} names and holds {len(names)}",
            where=where,
            hint="Download it again, or delete its heading if it is meant to be so.",
        )


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
