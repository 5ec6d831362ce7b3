"""Every renderer on one real clip of every format: somebody can be seen, or a sentence says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jobs import cli
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.renderers import RENDERERS, Renderer
from skeletonllm.motion import Motion
from skeletonllm.visualization.comparison import make_renderers
from skeletonllm.visualization.frames import draw_motion

pytestmark = pytest.mark.real

SAMPLES = {
    "alphapose": "alphapose",
    "asfamc": "asfamc",
    "bvh": "bvh",
    "c3d": "c3d",
    "coco": "coco",
    "human36m": "human36m",
    "humanml3d": "humanml3d",
    "humanml3d_vectors": "humanml3d",
    "kinetics_skeleton": "kinetics_skeleton",
    "mediapipe": "mediapipe",
    "mediapipe_world": "mediapipe",
    "msr_action3d": "msr_action3d",
    "msr_daily": "msr_daily3d",
    "msrc12": "msrc12",
    "ntu_rgbd": "ntu_rgbd",
    "nw_ucla": "nw_ucla",
    "openpose": "openpose",
    "pku_mmd": "pku_mmd",
    "pyskl": "pyskl",
    "sbu_kinect": "sbu_kinect",
    "utd_mhad": "utd_mhad",
    "utkinect": "utkinect",
}
"""Reader -> folder of samples. AMASS needs a body model that is not here."""

CONFIG = DrActionConfig(size=32, patch=8, points_per_bone=4)
PUBLISHED = DrActionConfig(size=32, patch=8, formula="published")


def first_motion(corpus: str, folder: Path) -> Motion:
    """Two frames in which somebody is seen, of the first clip of the smallest files."""
    reader = get_reader(corpus)
    for source in sorted(reader.sources(str(folder)), key=lambda s: (s.size, s.uri)):
        for clip in read_clips(reader, source)[0]:
            seen = np.flatnonzero(clip.motion.observed.any((1, 2)))
            if len(seen):
                return clip.motion.select_frames(seen[:2])
    raise AssertionError(f"no clip of {corpus} in {folder}")


@pytest.mark.parametrize("corpus", SAMPLES)
def test_every_renderer_draws_a_clip_of_every_format(corpus: str, shared: Path) -> None:
    motion = first_motion(corpus, shared / "data" / "samples" / SAMPLES[corpus])
    able: dict[str, Renderer] = dict(make_renderers(motion, CONFIG))
    assert list(able) == list(RENDERERS)
    able["published"] = DrAction(PUBLISHED)
    pictures = {name: draw_motion(renderer, motion, [0]) for name, renderer in able.items()}
    assert {name for name, picture in pictures.items() if not picture.max() > 0.01} == set()


def test_a_reported_bvh_is_compared(shared: Path, tmp_path: Path) -> None:
    bvh = str(shared / "cases" / "render" / "base.bvh")
    out = str(tmp_path / "out")
    assert cli.main(["render", bvh, "--out", out, "--compare", "--size", "56"]) == 0
    assert (tmp_path / "out" / "sheet.png").stat().st_size > 0
