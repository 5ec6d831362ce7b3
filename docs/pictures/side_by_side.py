"""Draw side_by_side.png: one synthesized motion by every renderer that learns or does not.

From the root of the checkout: ``python -m docs.pictures.side_by_side``. It is what
``skeletonllm render CLIP --out DIR --compare`` writes for a clip of yours.
"""

from __future__ import annotations

from pathlib import Path

from skeletonllm.draction import DrActionConfig, sample_frames
from skeletonllm.synthesis import synthesize
from skeletonllm.visualization.comparison import make_comparison_sheet, make_renderers
from skeletonllm.visualization.frames import draw_motion

SIZE, FRAMES = 140, 6


def main() -> None:
    """Six frames of a throw, a row a renderer."""
    motion = synthesize("throw", yaw_deg=30.0, noise_m=0.0)
    frames = sample_frames(motion.num_frames, FRAMES)
    renderers = make_renderers(motion, DrActionConfig(size=SIZE))
    drawn = {name: draw_motion(r, motion, frames) for name, r in renderers.items()}
    picture = make_comparison_sheet(drawn, "throw", frames, motion.fps)
    picture.quantize(256).save(Path(__file__).with_suffix(".png"), optimize=True)


if __name__ == "__main__":
    main()
