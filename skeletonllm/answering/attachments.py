"""Motion files that came with a message: out of base64, into a folder, through our readers."""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skeletonllm.clip import Clip
from skeletonllm.corpora.identify.any_reader import read_raw, take_clip
from skeletonllm.errors import SkeletonLLMError, UsageError

LONGEST_NAME = 200
"""Characters of a file's name; file systems take 255 bytes."""


@dataclass(frozen=True, repr=False)
class Attachment:
    """A file of a message.

    Args:
        name: As its sender calls it. The readers of some corpora go by names, such as NTU's.
        data: Its bytes.

    Raises:
        UsageError: The name is none of a file.
    """

    name: str
    data: bytes

    def __post_init__(self) -> None:
        name = self.name
        unfit = not name.isprintable() or len(name.encode()) > LONGEST_NAME
        if unfit or name in ("", ".", "..") or "/" in name or "\\" in name:
            raise UsageError(
                f"file name {name[:60]!r}",
                expected=f"a name without a folder, of at most {LONGEST_NAME} characters",
            )

    @classmethod
    def of(cls, name: str, url: str) -> Attachment:
        """The file of a ``data:`` URL, or of plain base64.

        A folder before its name is left out, whoever's separators it has: nothing is ever written
        beside the folder of a request.

        Args:
            name: Of the file; empty for one without a name.
            url: ``data:application/octet-stream;base64,...``

        Raises:
            UsageError: No base64, or no name of a file.
        """
        head, _, body = url.rpartition(",")
        if head and not (head.startswith("data:") and head.endswith(";base64")):
            raise UsageError(f"file_data that begins {url[:40]!r}", expected="data:...;base64,...")
        try:
            data = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UsageError(f"file_data that is no base64 ({error})", where=name[:60]) from None
        own = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
        return cls(own or "motion", data)


def read_attachments(files: Sequence[Attachment]) -> Clip:
    """The first clip of some files, as a reader gives it.

    The files lie in a folder of their own while they are read, and nowhere after. Our readers never
    run what a file holds: a pickle gives arrays and plain data, or is refused.

    Args:
        files: One, or all that belong together, such as a skeleton (.asf) and a motion (.amc).

    Raises:
        UsageError: No reader knows them, or they hold no clip that can be read.
    """
    names = [file.name for file in files]
    if len(set(names)) != len(names):
        raise UsageError(f"files {names}", expected="a name of its own for each")
    with tempfile.TemporaryDirectory(prefix="skeletonllm-") as folder:
        for file in files:
            (Path(folder) / file.name).write_bytes(file.data)
        path = str(Path(folder) / names[0]) if len(files) == 1 else folder
        try:
            found = read_raw(path)
            return take_clip(found.clips, found.rejects, path)
        except SkeletonLLMError as error:
            # Where it lay here says nothing to its sender.
            text = str(error).replace(f"{folder}/", "").replace(folder, "the files")
            raise UsageError(text) from None
