"""Videos of which every frame is a file: ``<folder>/<video>_000012_keypoints.json``.

The files of one video, by the name before the number, are one source, ``<folder>/<video>*``; a file
without a number is one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from skeletonllm.corpora.files import list_sources, mark_duplicates, plain_path
from skeletonllm.corpora.formats.archives import inner_path, join, locate
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import REJECT_CODES, SourceError

MAX_FRAMES = 1 << 18
"""Most files of one video: two hours and a half."""

UNNAMED = ("encoding", "unreadable")
"""Faults of what belongs to no video: a name that is no text, a folder that cannot be listed."""

_NUMBERED = re.compile(r"(?P<video>.*?)_?(?P<number>\d{1,18})", re.DOTALL | re.ASCII)


@dataclass(frozen=True)
class NumberedFiles:
    """How a format names the files of a video.

    Args:
        suffix: Ending of the names, in lower case; it is no part of the video's name.
        pattern: What is left of a name: groups ``video`` and ``number``. What does not fit is a
            file of its own.
        keep: Whether a path is of this format.
    """

    suffix: str
    pattern: re.Pattern[str] = _NUMBERED
    keep: Callable[[str], object] = lambda _: True

    def sources(self, root: str) -> list[Source]:
        """Every video below ``root``, or the one file that ``root`` is.

        The id is the path of the folder below ``root``, and the video's name where it has one.
        """
        files = list_sources(root, self.suffix, keep=self.keep)
        if len(files) == 1 and files[0].uri == str(root):
            name = self.place(files[0].uri)[0] or "frame"
            return [Source(files[0].uri, name, files[0].size, files[0].fault)]
        lost = [file for file in files if file.fault in UNNAMED]
        found: dict[str, str] = {}
        for file in files:
            if file.fault not in UNNAMED:
                folder, video = file.source_id.rpartition("/")[0], self.place(file.uri)[0]
                name = "/".join(filter(None, (folder, video)))
                found[self._source_uri(file.uri)] = name or _name_of(root) or "frames"
        videos = [Source(uri, name, 0) for uri, name in found.items()]
        return mark_duplicates([*lost, *videos])

    def files(self, source: Source) -> list[Source]:
        """The files of a video by number, each as a source.

        Raises:
            SourceError: ``unreadable`` or ``unsafe``, or the fault of the listing.
        """
        if source.fault in (*UNNAMED, "duplicate_id"):
            raise SourceError(source.fault, REJECT_CODES[source.fault])
        if not is_pattern(source.uri):
            return [source]
        folder = _beside(source.uri, inner_path(source.uri).rpartition("/")[0])
        try:
            fs, base = locate(folder)
            listed = sorted(str(name) for name in fs.ls(base, detail=False))
        except OSError as error:
            raise SourceError("unreadable", f"{type(error).__name__}: {error.strerror}") from error
        numbered: list[tuple[int, str]] = []
        for name in listed:
            uri = join(folder, name.rpartition("/")[2])
            if self._fits(uri):
                video, number = self.place(uri)
                if self._pattern(uri, video) == source.uri:
                    numbered.append((number, uri))
        if len(numbered) > MAX_FRAMES:
            raise SourceError("unsafe", f"{len(numbered)} frames", expected=f"at most {MAX_FRAMES}")
        return [Source(uri, "", 0) for _, uri in sorted(numbered)]

    def place(self, uri: str) -> tuple[str, int]:
        """Name of the video and number of the frame; a name without a number is a picture."""
        stem = _name_of(uri)[: -len(self.suffix)]
        match = self.pattern.fullmatch(stem)
        return (match["video"], int(match["number"])) if match else (stem, 0)

    def _fits(self, uri: str) -> bool:
        name = _name_of(uri)
        fits = name.lower().endswith(self.suffix) and not name.startswith(".")
        return fits and bool(self.keep(plain_path(uri)))

    def _source_uri(self, uri: str) -> str:
        """All frames of a video, as one would write it to a shell: ``<folder>/<video>*``."""
        return self._pattern(uri, self.place(uri)[0])

    def _pattern(self, uri: str, video: str) -> str:
        folder, slash, _ = inner_path(uri).rpartition("/")
        return _beside(uri, f"{folder}{slash}{video}*")


def is_pattern(uri: str) -> bool:
    """Whether the URI of a source stands for all files of a video."""
    return inner_path(uri).endswith("*")


def _name_of(uri: str) -> str:
    return plain_path(uri).rstrip("/").rpartition("/")[2]


def _beside(uri: str, path: str) -> str:
    """The URI of another path where ``uri`` is: in the same archive, or in none."""
    archive = uri.partition("::")[1:] if inner_path(uri) != uri else ("", "")
    return f"zip://{path}{''.join(archive)}" if archive[0] else path
