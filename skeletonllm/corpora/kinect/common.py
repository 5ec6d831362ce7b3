"""What the readers of Kinect's corpora share: listing by name, and how much a joint is trusted.

All of them hold camera space of the Kinect SDK: metres, +y up, +z away from the sensor, +x to the
sensor's left. Whoever faces the sensor has the right hand at larger x than the left one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skeletonllm.corpora.files import list_sources
from skeletonllm.corpora.reader import Source
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.motion import FloatArray

MAX_BYTES = 32 << 20
"""Largest text of one recording; real ones stay below 15 MB. Numbers as text take up to 25 times
their size while they are read."""

INFERRED = 0.5
"""Confidence of a joint that the sensor placed without seeing it."""


def named_sources(root: str, suffix: str, id_of: Callable[[str], str | None]) -> list[Source]:
    """The files below ``root`` that bear the names of a corpus, sorted by id.

    Text files say nothing of their corpus, so names must: class lists, readmes and the files of
    other corpora that lie there too are left out.

    Args:
        root: A folder, or one file.
        suffix: As for :func:`skeletonllm.corpora.list_sources`.
        id_of: From the path of a file to its source id, or None for a file of another kind.

    Raises:
        UsageError: There is no such root, or no file of such a name in it.
    """
    named = [(id_of(source.uri), source) for source in list_sources(root, suffix)]
    found = sorted((name, s.uri, s.size, s.fault) for name, s in named if name is not None)
    if not found:
        raise UsageError(
            f"no {suffix} file that is named as this corpus names them",
            where=str(root),
            hint="Is it this corpus?",
        )
    sources, last = [], None
    for name, uri, size, fault in found:
        own = "" if fault == "duplicate_id" else fault  # of another id, by list_sources
        sources.append(Source(uri, name, size, own or ("duplicate_id" if name == last else "")))
        last = last if own else name
    return sources


def stem(uri: str) -> str:
    """Name of a file without folders and suffix."""
    return uri.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]


def tracked_confidence(joints: Raw, stated: Raw) -> FloatArray:
    """Confidence of joints whose files state one and write 0 0 0 for a joint that is missing.

    A stated 0 alone does not mean missing: in MSR-Action3D it stands at most necks, spines and
    feet, which the sensor places without seeing them. It becomes :data:`INFERRED`, and 1 stays 1.

    Args:
        joints: [..., 3].
        stated: [...], 0..1.

    Raises:
        SourceError: ``format`` for a confidence outside 0..1.
    """
    if not ((stated >= 0) & (stated <= 1)).all():
        bad = stated[~((stated >= 0) & (stated <= 1))][0]
        raise SourceError("format", f"a confidence of {bad:g}", expected="0 to 1")
    missing = (joints == 0).all(-1) & (stated == 0)
    return np.where(missing, 0, INFERRED + (1 - INFERRED) * stated).astype(np.float32)
