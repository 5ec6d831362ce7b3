"""A clip or a raw file -> pictures: PNG frames and `frames.npy`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import tyro

from jobs.common import console, run_job
from jobs.loading import one_clip
from skeletonllm.draction import DrActionConfig, sample_frames
from skeletonllm.draction.picture import contact_sheet, render_motion, save_png_frames
from skeletonllm.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    path: Annotated[str, tyro.conf.Positional]
    """A raw file, the output of normalize, a parquet part or a release; `PATH#CLIP_ID` picks."""
    out: str
    """Folder for frame_NNNNN.png, sheet.png and frames.npy ([T, H, W, 3] float32 in 0..1)."""
    corpus: str | None = None
    """Reader of raw files; tried one after the other if not given."""
    camera: Literal["fit", "paper"] = "fit"
    """fit frames the whole clip; paper is the sensor itself, 60 degrees."""
    profile: Literal["ours", "paper"] = "ours"
    """ours does not mirror; paper is the published formula, for the released weights."""
    weights: str | None = None
    """Renderer weights (safetensors)."""
    size: int = 448
    """Height and width in pixels."""
    frames: str = "12"
    """How many frames, spread evenly; or frame indices, `4,8,15`."""


def main(flags: Flags) -> int:
    """Render one clip."""
    clip = one_clip(flags.path, flags.corpus)
    chosen = _frames(flags.frames, clip.motion.num_frames)
    config = DrActionConfig(
        size=flags.size,
        patch=_patch(flags.size),
        profile=flags.profile,
        camera=flags.camera,
    )
    pictures = render_motion(clip.motion, config, chosen, flags.weights)
    save_png_frames(flags.out, pictures, chosen.tolist())
    np.save(f"{flags.out}/frames.npy", pictures)
    title = f"{clip.clip_id}: {clip.label or ''}"
    contact_sheet([pictures.transpose(0, 3, 1, 2)], [title]).save(f"{flags.out}/sheet.png")
    console.print(f"{title}: frames {chosen.tolist()} of {clip.motion.num_frames}", markup=False)
    console.print(f"pictures: {flags.out}", markup=False)
    return 0


def _frames(text: str, available: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    try:
        numbers = [int(word) for word in text.split(",")]
    except ValueError:
        raise UsageError(
            f"--frames {text!r}", expected="a count such as 12, or indices such as 4,8,15"
        ) from None
    if len(numbers) == 1 and "," not in text:
        return sample_frames(available, numbers[0])
    return np.asarray(numbers, dtype=np.int64)


def _patch(size: int) -> int:
    """The largest patch up to InternVL's 28 pixels that divides the size."""
    return next(edge for edge in range(28, 0, -1) if size % edge == 0) if size > 0 else 1


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
