"""The readers that are compared, by the names of their rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rival:
    """One row of the comparison.

    Args:
        module: In this folder; it has ``convert`` and ``open_reader``, and is imported by the
            Python of its row alone.
        package: What must be installed for it; empty for what comes with ours.
        source: Folder that it reads: ``ours`` and ``frozen`` are written for it, others converted.
    """

    module: str
    package: str = ""
    source: str = ""


BASELINE = "webdataset"
RIVALS = {
    "ours": Rival("ours", source="ours"),
    BASELINE: Rival("plain_webdataset", source="frozen"),
    "webdataset+decode": Rival("decoding_webdataset", source="ours"),
    "energon": Rival("energon", package="megatron-energon"),
    "mosaicml": Rival("mosaicml", package="mosaicml-streaming"),
    "litdata": Rival("litdata", package="litdata"),
}
