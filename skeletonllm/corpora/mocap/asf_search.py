"""Which skeleton file an Acclaim motion belongs to: the one of its name, or the one that fits it.

``02_01.amc`` belongs to ``02.asf``: a skeleton bears the longest start of the motion's name, up to
a ``_``. People rename files, and put the skeletons one folder up. So where there is none of that
name, one in other letters of case, one a folder up, or one of any name is taken if every bone of
the motion is in it with as many angles, and if it is the only one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from skeletonllm.corpora.files import load
from skeletonllm.corpora.formats.archives import inner_path, locate, name_beside
from skeletonllm.corpora.formats.packed import GZ, without_gz
from skeletonllm.corpora.reader import Source
from skeletonllm.corpora.rigs.amc_text import bones_of, fits
from skeletonllm.corpora.rigs.asf_text import Skeleton, parse_asf
from skeletonllm.corpora.rigs.text_encoding import decode_any, with_points
from skeletonllm.errors import SourceError

ASF = ".asf"
_ENDINGS = (ASF, ".ASF", f"{ASF}{GZ}")

MOST_TRIED = 256
"""Skeleton files of one folder that are tried; CMU has 144 of them."""


@dataclass(frozen=True)
class Found:
    """A skeleton, and whether it was found by fit alone."""

    skeleton: Skeleton
    by_fit: bool


def find_skeleton(source: Source, motion: str) -> Found:
    """The skeleton of a motion file.

    Args:
        source: The motion file.
        motion: Its text.

    Raises:
        SourceError: ``unreadable`` where there is none or where several fit; else what is wrong
            with the one of its name.
    """
    fs, path = locate(source.uri)
    file = PurePosixPath(without_gz(path))
    for name in _names(file.stem):
        for ending in _ENDINGS:
            named = str(file.parent / f"{name}{ending}")
            if fs.exists(named):
                return Found(load_skeleton(name_beside(source.uri, fs, named)), by_fit=False)
    beside = _skeletons(fs, str(file.parent))  # slow in a folder of thousands of motions
    above = _skeletons(fs, str(file.parent.parent)) if file.parent != file.parent.parent else []
    bones = bones_of(motion)
    fitting = [
        [(p, skeleton) for p, skeleton in _parsed(source.uri, fs, folder) if fits(bones, skeleton)]
        for folder in (beside, above)
    ]
    for name in _names(file.stem.lower()):
        same = [s for folder in fitting for p, s in folder if _stem(p).lower() == name]
        if same:
            return Found(same[0], by_fit=True)
    for folder in fitting:
        if len({repr(skeleton) for _, skeleton in folder}) == 1:
            return Found(folder[0][1], by_fit=True)
        if folder:
            raise _several([PurePosixPath(p).name for p, _ in folder])
    raise _none(file, [PurePosixPath(p).name for p in (*beside, *above)])


def load_skeleton(uri: str) -> Skeleton:
    """The skeleton of a file.

    Raises:
        SourceError: What is wrong with it, and its name.
    """
    try:
        return parse_asf(with_points(decode_any(load(Source(uri, PurePosixPath(uri).stem, 0)))))
    except SourceError as error:
        name = PurePosixPath(inner_path(uri)).name
        raise SourceError(
            error.code, error.found, expected=error.expected, where=name, hint=error.hint
        ) from None


def _names(stem: str) -> Iterator[str]:
    """The starts of a motion's name, the longest first."""
    while stem:
        yield stem
        stem = stem.rpartition("_")[0]


def _stem(path: str) -> str:
    return PurePosixPath(without_gz(path)).stem


def _skeletons(fs: Any, folder: str) -> list[str]:
    """Paths of the skeleton files of a folder; none where it cannot be listed."""
    try:
        entries = fs.ls("" if folder == "." else folder, detail=True)
    except OSError:
        return []
    paths = [str(e["name"]) for e in entries if e["type"] != "directory"]
    return sorted(p for p in paths if p.lower().endswith((ASF, ASF + GZ)))[:MOST_TRIED]


def _parsed(uri: str, fs: Any, paths: list[str]) -> Iterator[tuple[str, Skeleton]]:
    """Those that are skeletons; what is wrong with the others is no fault of the motion."""
    for path in paths:
        try:
            yield path, load_skeleton(name_beside(uri, fs, path))
        except SourceError:
            continue


def _several(names: list[str]) -> SourceError:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return SourceError(
        "unreadable",
        f"{len(names)} skeleton files fit it: {shown}",
        expected="one, or one that its name starts with",
        hint="Give the .asf of this person the first part of the motion's name.",
    )


def _none(file: PurePosixPath, others: list[str]) -> SourceError:
    start = file.stem.partition("_")[0]
    seen = f" that fits it ({', '.join(others[:5])} lacks its bones)" if others else ""
    return SourceError(
        "unreadable",
        f"no skeleton file beside it{seen}",
        expected=f"{start}.asf, or another .asf that its name starts with",
        hint="Put the .asf of this person into the same folder.",
    )
