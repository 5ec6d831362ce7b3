"""A clip or a raw file -> pictures: PNG frames and `frames.npy`; a GIF; renderers compared."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from jobs.common import console, quick_imports, run_job
from jobs.raw_flags import RawFlags


@dataclass(frozen=True, kw_only=True)
class Flags(RawFlags):
    """Flags of this command."""

    path: Annotated[str, tyro.conf.Positional]
    """A raw file, the output of normalize, a parquet part or a release; `PATH#CLIP_ID` picks."""
    out: str
    """Folder for frame_NNNNN.png, sheet.png and frames.npy ([T, H, W, 3] float32 in 0..1)."""
    camera: Literal["fit", "sensor", "paper"] = "fit"
    """fit frames the whole clip; sensor is the sensor itself, 60 degrees (paper: its old name)."""
    formula: str = "body"
    """body, which does not mirror, or published, the formula of the released weights."""
    profile: Literal["ours", "paper"] | None = None
    """Old name of --formula: ours is body, paper is published."""
    weights: str | None = None
    """Renderer weights (safetensors)."""
    size: int = 448
    """Height and width in pixels."""
    frames: str = "12"
    """How many frames, spread evenly; or frame indices, `4,8,15`."""
    compare: tuple[str, ...] | None = None
    """One sheet of several renderers: all, or those named, `draction,velocity_sticks`."""
    gif: bool = False
    """Write clip.gif too: the clip at its own speed, in at most 250 frames."""


def main(flags: Flags) -> int:
    """Render one clip."""
    with quick_imports():
        import torch

        from jobs.loading import load_one_clip
        from skeletonllm.draction.old_names import translate_profile
        from skeletonllm.visualization import comparison, frames, gif

        clip, out = load_one_clip(flags.path, flags.corpus, flags.image_size), Path(flags.out)
    motion, title = clip.motion, f"{clip.clip_id}: {clip.label or ''}"
    chosen = frames.parse_frames(flags.frames, motion.num_frames)
    shown, durations = gif.sample_gif_frames(motion.num_frames, motion.fps)
    pictures = len(chosen) + flags.gif * len(shown)
    formula = flags.formula if flags.profile is None else translate_profile(flags.profile)
    config = frames.make_config(formula, flags.camera, flags.size, pictures)
    if config.engine != "auto":
        torch.set_num_threads(1)  # threads that wait for each other are slower, for so little
    if flags.compare is None:
        renderers = {"": frames.make_renderer(config, flags.weights)}
    else:
        renderers = comparison.make_renderers(motion, config, flags.compare, flags.weights)
    drawn = {name: frames.draw_motion(r, motion, chosen) for name, r in renderers.items()}
    out.mkdir(parents=True, exist_ok=True)
    sheet = comparison.make_comparison_sheet(drawn, title, chosen, motion.fps)
    frames.save_png(out / "sheet.png", sheet)
    if flags.compare is None:
        frames.save_frames(out, drawn[""], chosen.tolist())
    if flags.gif:
        side_by_side = comparison.draw_side_by_side(renderers, motion, shown)
        gif.save_gif(out / "clip.gif", side_by_side, durations)
    console.print(f"{title}: frames {chosen.tolist()} of {motion.num_frames}", markup=False)
    console.print(f"pictures: {flags.out}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
