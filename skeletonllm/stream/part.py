"""Parts of a mixture: which samples, how often, and what they are for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

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

    Example:
        >>> part = Part(view=View(corpora=("ntu_rgbd",)), weight=2, name="recognition")
        >>> part.weight
        2
    """

    view: View
    weight: float = 1.0
    name: str = ""
    needs: tuple[Kind, ...] = ()


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
    rows = [[part.view.sha256, float(part.weight), part.name] for part in parts]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()
