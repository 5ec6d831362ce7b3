"""Pictures as the patches that Qwen's vision towers read, differentiably."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class PatchLayout:
    """How a picture is cut.

    Args:
        patch: Pixels a side of a patch.
        merge: Patches a side that become one visual token.
        temporal: Frames that one patch spans; a single picture is shown that many times.

    Example:
        >>> PatchLayout(patch=14, merge=2, temporal=2).token
        28
    """

    patch: int
    merge: int
    temporal: int

    @property
    def token(self) -> int:
        """Pixels a side of the square that one visual token sees."""
        return self.patch * self.merge

    def grid(self, pictures: Tensor) -> tuple[int, int]:
        """Visual tokens down and across a picture of ``pictures`` [..., H, W]."""
        return pictures.shape[-2] // self.token, pictures.shape[-1] // self.token

    def cut(self, pictures: Tensor) -> Tensor:
        """Pictures [N, C, H, W] as rows of pixels [N H W / patch^2, C temporal patch^2].

        The layout of the library's image processor: the patches of one visual token stand
        together, tokens go row by row, and a row holds channel, time, y, x.
        """
        count, channels = pictures.shape[:2]
        rows, columns = self.grid(pictures)
        cut = pictures.reshape(
            count, channels, rows, self.merge, self.patch, columns, self.merge, self.patch
        )
        ordered = cut.permute(0, 2, 5, 3, 6, 1, 4, 7).unsqueeze(6)
        shown = ordered.expand(*ordered.shape[:6], self.temporal, self.patch, self.patch)
        return shown.reshape(-1, channels * self.temporal * self.patch**2)
