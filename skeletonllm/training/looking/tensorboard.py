"""The log of a run for TensorBoard, in a folder or a bucket, without a step that stands twice.

Its files are segments between two saves, as those of
:mod:`skeletonllm.training.checkpoints.metrics`: a run that goes on from a checkpoint drops the
files that begin behind it. In a local folder a step can
be seen as soon as it is added. An object store cannot append, so there a segment appears when it
is saved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from tensorboardX.summary import image, scalar
from torch import Tensor

from skeletonllm.storage import join, list_files, write_bytes
from skeletonllm.storage.files import filesystem
from skeletonllm.training.looking.event_files import (
    encode_start,
    encode_summary,
    name_file,
    read_first_step,
)


class TensorBoardLog:
    """Curves and pictures of a run; one process writes, the first.

    Args:
        folder: Of the event files, a path or URL; ``tensorboard --logdir`` reads it.
        done: Steps that the run had done when it was saved; what stands behind them is dropped.

    Example:
        >>> log = TensorBoardLog("out/tensorboard")  # doctest: +SKIP
        >>> log.add(1, {"loss/recognition": 2.3, "rate": 2e-5})  # doctest: +SKIP
        >>> log.save()  # doctest: +SKIP
    """

    def __init__(self, folder: str, done: int = 0) -> None:
        self.folder = folder
        fs, _ = filesystem(folder)
        # A file that is appended to has no atomic write, and needs none: a half record at its end
        # is skipped, and the file is dropped when the run goes on.
        self._live = "file" in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,))
        self._first: int | None = None
        self._waiting = b""
        for name in list_files(folder):
            first = read_first_step(name)
            if first is not None and first > done:
                fs.rm_file(filesystem(join(folder, name))[1])

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to each curve; a value that is no finite number is left out.

        Args:
            step: From 1 on.
            values: By name of the curve; ``loss/recognition`` stands in the group ``loss``.
        """
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        self._write(step, [encode_summary(step, scalar(n, v)) for n, v in finite.items()])

    def add_pictures(self, step: int, pictures: Mapping[str, Tensor]) -> None:
        """Add a picture under each name.

        Args:
            step: From 1 on.
            pictures: [3, H, W] in 0..1, by name.
        """
        shown = {name: picture.detach().float().cpu() for name, picture in pictures.items()}
        bytes_of = {n: (p.clamp(0, 1) * 255).round().byte().numpy() for n, p in shown.items()}
        self._write(step, [encode_summary(step, image(n, p)) for n, p in bytes_of.items()])

    def save(self) -> None:
        """End the segment; to be called at each checkpoint, before it counts as written."""
        if self._first is not None and not self._live:
            write_bytes(join(self.folder, name_file(self._first)), self._waiting)
        self._first, self._waiting = None, b""

    def _write(self, step: int, events: list[bytes]) -> None:
        if not events:
            return
        if self._first is None:
            self._first = step
            events = [encode_start(), *events]
        if not self._live:
            self._waiting += b"".join(events)
            return
        path = Path(filesystem(join(self.folder, name_file(self._first)))[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"".join(events))
