"""How much a picture helps to tell a text: the loss of a clip's text with its own motion, and with
that of another clip. A model that learned to tell from the picture finds the second one harder."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from skeletonllm.tasks.accuracy import Z_95


@dataclass(frozen=True)
class ToldLosses:
    """Mean loss of texts, in nats a token.

    Args:
        own: Of each clip's text with its motion.
        exchanged: Of the same texts, each with the motion of another clip.
    """

    own: tuple[float, ...]
    exchanged: tuple[float, ...]

    @property
    def gain(self) -> float:
        """What the right motion saves, in nats a token."""
        return fmean(self._gains())

    @property
    def half_width(self) -> float:
        """Half the 95 % interval of the gain, over clips."""
        gains = self._gains()
        return Z_95 * stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else math.inf

    def summarize(self) -> str:
        """Both losses, and what the right motion saves."""
        means = f"{fmean(self.own):.3f} with its motion, {fmean(self.exchanged):.3f} with another's"
        return f"{means}; it saves {self.gain:.3f} +- {self.half_width:.3f}"

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``."""
        return {
            "clips": len(self.own),
            "loss": fmean(self.own),
            "loss_exchanged": fmean(self.exchanged),
            "gain": self.gain,
            "gain_half_width95": self.half_width,
        }

    def _gains(self) -> list[float]:
        return [e - o for o, e in zip(self.own, self.exchanged, strict=True)]
