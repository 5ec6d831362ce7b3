"""Rejects: one row for each clip or file that failed, while the others go on.

Every stage and verb that works on many clips goes through :func:`isolate_clip`: whatever goes wrong
with one of them becomes a row with a code and a sentence, and the others go on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from skeletonllm.errors import EndpointError, ModelError, SkeletonLLMError, SourceError

if TYPE_CHECKING:
    import pyarrow as pa

READ = "read"
"""Name of the stage that readers work in."""

MAX_MESSAGE = 2000
"""Most characters of a reject's message: what it cites of a file may have no end."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
"""Where an object lies in memory, as Python prints it. It differs from run to run."""

_log = logging.getLogger(__name__)


class Named(Protocol):
    """Anything that belongs to one clip."""

    @property
    def clip_id(self) -> str: ...  # noqa: D102 - see Clip

    @property
    def source_uri(self) -> str: ...  # noqa: D102


NamedT = TypeVar("NamedT", bound=Named)


@dataclass(frozen=True)
class ClipName:
    """The name of a clip that could not be read."""

    clip_id: str
    source_uri: str


@dataclass(frozen=True)
class Reject:
    """What was not read, or not worked on, and why.

    Args:
        source_uri: The file, with ``#<part>`` where only a part of it is bad.
        stage: The stage that refused it.
        code: One of :data:`skeletonllm.errors.REJECT_CODES`.
        message: The reason, as a sentence.
    """

    source_uri: str
    stage: str
    code: str
    message: str

    @classmethod
    def of(cls, source_uri: str, error: SourceError, stage: str = READ) -> Reject:
        """The reject that an error amounts to.

        Args:
            source_uri: The file.
            error: What was raised.
            stage: Where.
        """
        return cls(source_uri, stage, error.code, shorten(str(error)))

    @classmethod
    def of_clip(cls, clip: Named, error: Exception, stage: str) -> Reject:
        """The reject that any error amounts to; its message names the clip.

        Args:
            clip: What was worked on.
            error: What was raised. One that nobody foresaw is named by its type.
            stage: Where.
        """
        foreseen = isinstance(error, SkeletonLLMError)
        text = str(error) if foreseen else f"{type(error).__name__}: {error}"
        text = _ADDRESS.sub("0x...", text)
        text = text if clip.clip_id in text else f"{clip.clip_id}: {text}"
        code = error.code if isinstance(error, SkeletonLLMError) else "internal"
        return cls(clip.source_uri, stage, code, shorten(text))

    def to_row(self) -> dict[str, str]:
        """One row of :data:`schemas.REJECT`."""
        return asdict(self)


def shorten(text: str) -> str:
    """The text, cut at :data:`MAX_MESSAGE` characters."""
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]} ..."


@contextmanager
def isolate_clip(clip: Named, stage: str, rejects: list[Reject]) -> Iterator[None]:
    """Run a block on one clip; whatever it raises becomes one more of ``rejects``.

    What says nothing about the clip passes through: no memory, no storage, no endpoint, a broken
    model, an interrupt. An error that nobody foresaw is a fault of ours; the log tells where it
    was raised.

    Args:
        clip: What the block works on.
        stage: The stage it runs in.
        rejects: Grows by one where the block fails.

    Example:
        >>> rejects = []
        >>> with isolate_clip(ClipName("lab/1", "1.bvh"), "quality", rejects):
        ...     raise SourceError("no_body", "nobody")
        >>> rejects[0].code, rejects[0].message
        ('no_body', 'lab/1: nobody')
    """
    try:
        yield
    except Exception as error:
        if _concerns_all_clips(error):
            raise
        reject = Reject.of_clip(clip, error, stage)
        if reject.code == "internal":
            _log.warning("%s left out %s", stage, reject.message, exc_info=True)
        rejects.append(reject)


def build_table(
    clips: Sequence[NamedT],
    build: Callable[[Sequence[NamedT]], pa.Table],
    stage: str,
    rejects: list[Reject],
) -> pa.Table:
    """The table of all clips that fit into one; each that breaks the schema becomes a reject.

    Args:
        clips: What goes into the table.
        build: Makes the table of some clips, and raises where a row does not fit.
        stage: The stage that writes it.
        rejects: Grows by what was left out.
    """
    try:
        return build(clips)
    except Exception as error:
        if _concerns_all_clips(error):
            raise
        valid = []
        for clip in clips:
            with isolate_clip(clip, stage, rejects):
                build([clip])
                valid.append(clip)
        return build(valid)


def _concerns_all_clips(error: Exception) -> bool:
    """Whether an error would meet every clip, so that going on is no use."""
    # By name: this room does without torch.
    out_of_memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return out_of_memory or isinstance(error, OSError | EndpointError | ModelError)
