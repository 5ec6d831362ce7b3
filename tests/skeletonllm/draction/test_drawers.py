"""What draws is chosen by the name of the engine, in one place."""

from __future__ import annotations

import pytest

from skeletonllm.draction.drawers import ENGINES, SolidDrawer, SplatDrawer, make_drawer
from skeletonllm.draction.gaussians.body import BodyFormula
from skeletonllm.draction.gaussians.published import PublishedFormula
from skeletonllm.draction.rasterize import torch_tiles
from skeletonllm.errors import RenderError


def test_solids_have_a_drawer_and_all_others_a_rasterizer() -> None:
    assert isinstance(make_drawer("nvdiffrast_mesh", BodyFormula), SolidDrawer)
    drawer = make_drawer("torch_tiles", BodyFormula)
    assert isinstance(drawer, SplatDrawer)
    assert drawer.engine is torch_tiles.rasterize


def test_an_unknown_engine_names_the_known_ones_solids_among_them() -> None:
    with pytest.raises(RenderError) as caught:
        make_drawer("opengl", BodyFormula)
    known = ", ".join(["auto", *ENGINES])
    assert str(caught.value) == f"unknown engine 'opengl'; expected one of {known}"
    assert "nvdiffrast_mesh" in ENGINES


def test_solids_need_a_formula_that_knows_its_bones() -> None:
    with pytest.raises(RenderError, match="formula 'published'; expected formula 'body', whose"):
        make_drawer("nvdiffrast_mesh", PublishedFormula)
