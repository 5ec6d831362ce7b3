"""Parts of a mixture: which samples, how often, and what they are for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from skeletonllm.errors import UsageError
from skeletonllm.views.asked_views import Kind
from skeletonllm.views.view import View


@dataclass(frozen=True, kw_only=True)
class Part:
    """One view of a release within a mixture of corpora or tasks.

    Args:
        view: Which samples, and which negatives, rationales and questions with them.
        weight: How often each comes in an epoch: 2 gives each twice, 0.5 every other one.
        name: What the samples are for, such as a protocol or a task; in messages, and with each
            sample of a batch.
        needs: What will be looked at, to be refused now and not at the first sample.
        split: View that this one is cut from, such as a protocol's that is cut to a corpus: its
            negatives and rationales are taken. None if the view is a split itself.

    Raises:
        UsageError: The view selects clips that its split does not, or hides other classes.

    Example:
        >>> part = Part(view=View(corpora=("ntu_rgbd",)), weight=2, name="recognition")
        >>> part.weight
        2
    """

    view: View
    weight: float = 1.0
    name: str = ""
    needs: tuple[Kind, ...] = ()
    split: View | None = None

    def __post_init__(self) -> None:
        if self.split is not None and not _is_cut_from(self.view, self.split):
            raise UsageError(
                f"part {self.name!r} is not cut from its split",
                expected="the same view, but for fewer corpora or topologies",
            )


def hash_parts(parts: Sequence[Part]) -> str:
    """SHA-256, in hex, of what is streamed; of one part of weight 1 that of its view.

    Args:
        parts: Of the mixture; their names count, as they say what a sample is drawn for.

    Raises:
        UsageError: There is no part.
    """
    if not parts:
        raise UsageError("a mixture without parts", expected="one part at least")
    if len(parts) == 1 and parts[0].weight == 1:
        return parts[0].view.sha256
    rows: list[list[object]] = [
        [part.view.sha256, float(part.weight), part.name]
        + ([part.split.split.sha256] if part.split is not None else [])
        for part in parts
    ]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def _is_cut_from(view: View, split: View) -> bool:
    """Whether a view is another one, but for fewer corpora or topologies and what it asks for."""
    plain = [replace(v.split, corpora=None, topologies=None) for v in (view, split)]
    narrower = (
        whole is None or (own is not None and set(own) <= set(whole))
        for own, whole in ((view.corpora, split.corpora), (view.topologies, split.topologies))
    )
    return plain[0] == plain[1] and all(narrower)
