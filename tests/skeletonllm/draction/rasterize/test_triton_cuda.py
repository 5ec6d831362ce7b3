"""The GPU engine in Triton's interpreter, against the oracle; and compiled for a real GPU.

``tests/conftest.py`` turns the interpreter on, which must happen before Triton is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from skeletonllm.draction.rasterize import Engine, Splats, get_engine, torch_tiles
from skeletonllm.errors import RenderError
from skeletonllm.testing.rendering.splat_scenes import (
    LEAVES,
    cast_splats,
    compare_engines,
    join_splats,
    make_splats,
)

pytest.importorskip("triton", reason="needs triton (in the extra dev, on Linux)")

TOLERANCE = 1e-5
OPAQUE_TOLERANCE = 3e-5
"""Where little light passes, rounding the Gaussians to float32 alone moves gradients by 2e-5."""

SCENES = {
    "a few": (20, (2, 33, 21), 2.0),
    "hundreds overlapping": (150, (1, 8, 8), 6.0),
    "one pixel": (30, (2, 1, 1), 1.0),
    "one column": (20, (1, 40, 1), 2.0),
    "one row": (20, (1, 1, 40), 2.0),
    "filling the frame": (12, (1, 24, 24), 60.0),
    "thinner than a pixel": (40, (2, 20, 20), 0.2),
    "nobody in some pictures": (3, (6, 20, 20), 2.0),
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return get_engine("triton_cuda")


def draw(
    engine: Engine, splats: Splats, shape: tuple[int, int, int]
) -> tuple[Tensor, list[Tensor]]:
    """A picture, and the gradient of its sum of squares."""
    pictures, height, width = shape
    leaves = cast_splats(splats, torch.float32)
    picture = engine(leaves, pictures=pictures, height=height, width=width)
    gradients = torch.autograd.grad(picture.square().sum(), [getattr(leaves, n) for n in LEAVES])
    return picture.detach(), list(gradients)


@pytest.mark.parametrize("name", SCENES)
def test_agrees_with_the_oracle(engine: Engine, name: str) -> None:
    count, size, spread = SCENES[name]
    splats = make_splats(0, count, size, spread)
    error = compare_engines(engine, splats, size, torch.float32, oracle=torch_tiles.rasterize)
    assert error < TOLERANCE


@pytest.mark.parametrize(
    "change",
    [
        lambda s: replace(s, opacity=s.opacity * (torch.arange(len(s.u)) % 2)),
        lambda s: replace(s, opacity=s.opacity * 50),
        lambda s: replace(s, depth=torch.zeros_like(s.depth)),
    ],
    ids=["transparent", "opacity above one", "identical depths"],
)
def test_agrees_in_special_cases(engine: Engine, change) -> None:
    size = (1, 20, 20)
    splats = change(make_splats(3, 40, size, 3.0))
    error = compare_engines(engine, splats, size, torch.float32, oracle=torch_tiles.rasterize)
    assert error < OPAQUE_TOLERANCE


def test_shadows_darken_what_is_behind(engine: Engine) -> None:
    size = (1, 20, 20)
    splats = make_splats(4, 40, size, 3.0, shadows=True)
    error = compare_engines(engine, splats, size, torch.float32, oracle=torch_tiles.rasterize)
    assert error < TOLERANCE


def test_gaussians_far_from_a_tile_are_passed_over(engine: Engine) -> None:
    """Sorted from left to right, each tile finds its own behind dozens of others."""
    size = (1, 8, 64)
    splats = make_splats(4, 120, size, 0.5)
    splats = replace(splats, depth=splats.u)
    error = compare_engines(engine, splats, size, torch.float32, oracle=torch_tiles.rasterize)
    assert error < TOLERANCE


@pytest.mark.parametrize("field", ["u", "conic"])
def test_what_lies_outside_or_nowhere_does_not_spoil_the_rest(engine: Engine, field: str) -> None:
    good, shape = make_splats(5, 10, (1, 16, 16), 2.0), (1, 16, 16)
    bad = make_splats(6, 4, shape, 2.0)
    lost = torch.tensor([float("nan"), 1e30, -1e30, float("inf")]).double()
    bad = replace(bad, u=lost) if field == "u" else replace(bad, conic=bad.conic * lost[:, None])
    # 1e30 is a Gaussian too small to be seen, and -1e30 is none at all.
    both = join_splats(good, bad)
    alone, gradients = draw(engine, good, shape)
    picture, found = draw(engine, both, shape)
    assert torch.equal(picture, alone)
    for mine, whole in zip(gradients, found, strict=True):
        assert torch.equal(whole[:10], mine)
        assert whole[10:].isfinite().all()


def test_no_gaussian_at_all_is_black_and_differentiable(engine: Engine) -> None:
    picture, gradients = draw(engine, make_splats(0, 0, (2, 8, 8), 1.0), (2, 8, 8))
    assert picture.shape == (2, 3, 8, 8)
    assert not picture.any()
    assert [len(gradient) for gradient in gradients] == [0] * len(LEAVES)


def test_a_run_gives_the_same_bytes_again(engine: Engine) -> None:
    splats, shape = make_splats(8, 60, (1, 24, 24), 3.0), (1, 24, 24)
    (one, first), (other, second) = (draw(engine, splats, shape) for _ in range(2))
    assert torch.equal(one, other)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_float32_under_autocast(engine: Engine) -> None:
    splats, shape = make_splats(9, 20, (1, 16, 16), 2.0), (1, 16, 16)
    plain, gradients = draw(engine, splats, shape)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed, found = draw(engine, splats, shape)
    assert torch.equal(plain, mixed)
    assert all(torch.equal(a, b) for a, b in zip(gradients, found, strict=True))


def test_other_precisions_are_refused(engine: Engine) -> None:
    with pytest.raises(RenderError, match="Take engine 'torch_tiles' for other precisions"):
        engine(make_splats(0, 3, (1, 8, 8), 2.0), pictures=1, height=8, width=8)


def outside(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python without the interpreter of Triton."""
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


REFUSED = """
import torch
from skeletonllm.draction.rasterize import Splats, get_engine
one = torch.zeros(1)
splats = Splats(one, one, torch.ones(1, 3), torch.ones(1, 3), one, one, one.long())
get_engine("triton_cuda")(splats, pictures=1, height=8, width=8)
"""


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_cpu_is_refused() -> None:
    error = outside(REFUSED).stderr
    assert "tensors on 'cpu' for engine 'triton_cuda'; expected tensors on a GPU" in error


COMPILE = """
import re
import subprocess
from pathlib import Path
from tempfile import NamedTemporaryFile
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from skeletonllm.draction.rasterize import triton_kernels as kernels

floats = dict.fromkeys("splats out grad parts".split(), "*fp32")
types = {**floats, "box": "*i32", "start": "*i32", "slot": "*i64"}
tool = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
for kernel in (kernels.blend_tile, kernels.differentiate_tile):
    signature = {name: types.get(name, "i32") for name in kernel.arg_names}
    source = ASTSource(fn=kernel, signature=signature, constexprs={})
    options = {"num_warps": 1, "enable_fp_fusion": True}
    found = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
    with NamedTemporaryFile(suffix=".cubin") as file:
        file.write(found.asm["cubin"])
        file.flush()
        command = [tool, "--dump-resource-usage", file.name]
        usage = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(found.metadata.shared, *re.findall("STACK:[0-9]+|LOCAL:[0-9]+", usage))
"""


def test_compiles_for_hopper_without_one() -> None:
    """To machine code, with no memory shared between warps and no registers spilled."""
    done = outside(COMPILE)
    assert done.stdout.split("\n")[:2] == ["0 STACK:0 LOCAL:0"] * 2, done.stderr
