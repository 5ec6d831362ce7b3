"""The compiled engine: against the book and the oracle, on many threads, in used memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import torch
from numba.core import caching
from torch import Tensor

from skeletonllm.draction import rasterize
from skeletonllm.draction.rasterize import (
    Splats,
    buffers,
    get_engine,
    lanes,
    numba_cpu,
    numba_kernels,
    numba_lists,
)
from skeletonllm.draction.rasterize.numba_kernels import _exp2
from skeletonllm.draction.rasterize.numba_lists import NEGLIGIBLE
from skeletonllm.errors import RenderError
from skeletonllm.testing.rendering.splat_scenes import (
    LEAVES,
    SCENES,
    cast_splats,
    compare_engines,
    join_splats,
    make_splats,
    rasterize_densely,
)

ENGINE = get_engine("numba_cpu")
ORACLE = get_engine("torch_tiles")
TOLERANCE = 1e-5
SIZE = (2, 40, 40)
SHAPE = {"pictures": 2, "height": 40, "width": 40}


@pytest.fixture
def threads() -> Iterator[None]:
    """Give torch its threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def scene32(seed: int, count: int = 200, spread: float = 3.0) -> Splats:
    return cast_splats(make_splats(seed, count, SIZE, spread), torch.float32)


def detached(splats: Splats) -> Splats:
    return replace(splats, **{name: getattr(splats, name).detach() for name in LEAVES})


def drawn_and_felt(splats: Splats) -> list[Tensor]:
    picture = ENGINE(splats, **SHAPE)
    leaves = [getattr(splats, name) for name in LEAVES]
    return [picture.detach(), *torch.autograd.grad(picture.square().sum(), leaves)]


@pytest.mark.parametrize("oracle", [rasterize_densely, ORACLE])
@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("seed", [0, 1])
def test_agrees(name: str, seed: int, oracle: rasterize.Engine) -> None:
    count, size, spread = SCENES[name]
    splats = make_splats(seed, count, size, spread)
    assert compare_engines(ENGINE, splats, size, torch.float32, oracle=oracle) < TOLERANCE


@pytest.mark.parametrize(("height", "width"), [(17, 31), (16, 16), (33, 15), (1, 50), (48, 1)])
def test_pictures_need_not_be_whole_tiles(height: int, width: int) -> None:
    splats = make_splats(2, 40, (2, height, width), 3.0)
    assert compare_engines(ENGINE, splats, (2, height, width), torch.float32) < TOLERANCE


def test_transparent_gaussians_leave_the_picture_and_get_the_right_gradient() -> None:
    splats = make_splats(2, 40, SIZE, 3.0)
    half = replace(splats, opacity=splats.opacity * (torch.arange(40) % 2))
    assert compare_engines(ENGINE, half, SIZE, torch.float32) < TOLERANCE


def test_opacity_above_one_is_as_exact() -> None:
    splats = make_splats(3, 20, SIZE, 2.0)
    dark = replace(splats, opacity=splats.opacity * 50)
    assert compare_engines(ENGINE, dark, SIZE, torch.float32) < TOLERANCE


def test_needles_are_drawn_over_their_whole_length() -> None:
    """Long, thin and slanted, so that boxes say little about where an ellipse is."""
    needles = make_needles(30, 15.0, 0.7)
    assert compare_engines(ENGINE, needles, SIZE, torch.float32) < TOLERANCE


@pytest.mark.parametrize("engine", [ENGINE, ORACLE])
def test_gradients_of_depths_in_the_thousands_are_no_rounding(engine: rasterize.Engine) -> None:
    """Of the logarithm of all depths at once: their sum is less than the noise of one pixel was."""
    found = []
    for dtype, draw in ((torch.float64, rasterize_densely), (torch.float32, engine)):
        splats = cast_splats(make_splats(3, 60, SIZE, 3.0), dtype)
        factor = torch.tensor(2000.0, dtype=dtype, requires_grad=True)
        picture = draw(replace(splats, opacity=splats.opacity.detach() * factor), **SHAPE)
        picture.sum().backward()
        found.append(float(factor.grad * factor.detach()))
    assert found[1] == pytest.approx(found[0], rel=1e-4)


def make_needles(count: int, long: float, wide: float) -> Splats:
    """Gaussians in all directions, ``long`` and ``wide`` pixels."""
    splats = make_splats(4, count, SIZE, 1.0)
    angle = torch.linspace(0, 3, count).double()
    along = torch.stack([angle.cos(), angle.sin()], -1)
    across = torch.stack([-angle.sin(), angle.cos()], -1)
    shape = [v[:, :, None] * v[:, None, :] for v in (along, across)]
    inverse = shape[0] / long**2 + shape[1] / wide**2
    conic = torch.stack([inverse[:, 0, 0], inverse[:, 0, 1], inverse[:, 1, 1]], -1)
    return replace(splats, conic=conic)


@pytest.mark.parametrize(("long", "wide"), [(15.0, 0.7), (60.0, 0.5), (4.0, 3.0)])
def test_a_list_has_the_tiles_that_an_ellipse_reaches_and_few_others(
    long: float, wide: float
) -> None:
    height, width = 200, 230
    splats = make_needles(60, long, wide)
    place = torch.rand(60, 2, generator=torch.Generator().manual_seed(1)).double()
    splats = replace(splats, u=place[:, 0] * 1.2 * width - 20, v=place[:, 1] * 1.2 * height - 20)
    splats = cast_splats(replace(splats, picture=splats.picture * 0), torch.float32)
    grid = numba_lists.Grid(1, -(-height // lanes.SIDE), -(-width // lanes.SIDE), height, width)
    lists = numba_lists.sort_into_lists(numba_cpu._make_arrays(splats), grid)
    tiles = np.repeat(np.arange(len(lists.stop)), np.diff(lists.start))
    found = set(zip(lists.order[lists.entries].tolist(), tiles.tolist(), strict=True))

    exact = cast_splats(splats, torch.float64)
    dx = torch.arange(width) - exact.u.detach()[:, None, None]
    dy = torch.arange(height)[:, None] - exact.v.detach()[:, None, None]
    a, b, c = exact.conic.detach()[:, :, None, None].unbind(1)
    power = a * dx * dx + 2 * b * dx * dy + c * dy * dy
    reach = -2 * np.log(NEGLIGIBLE)
    needed, near = (
        {
            (i, y // lanes.SIDE * grid.cols + x // lanes.SIDE)
            for i, y, x in (power < limit).nonzero().tolist()
        }
        for limit in (0.999 * reach, 1.3 * reach)
    )
    assert needed <= found
    assert len(found - near) <= 0.05 * len(found)


@pytest.mark.parametrize("depth", [[0.0, 0.0], [-0.0, 0.0], [-2.0, -1.0], [1.0, float("nan")]])
def test_the_nearer_is_in_front_and_at_equal_depth_the_lower_index(depth: list[float]) -> None:
    same = cast_splats(make_splats(4, 2, (1, 9, 9), 2.0), torch.float32)
    here = torch.full((2,), 4.0)
    two = Splats(
        u=here, v=here, conic=torch.tensor([[0.1, 0, 0.1]] * 2), rgb=torch.eye(3)[:2],
        opacity=torch.ones(2), depth=torch.tensor(depth), picture=torch.zeros_like(same.picture),
    )  # fmt: skip
    middle = ENGINE(two, pictures=1, height=9, width=9)[0, :, 4, 4]
    first = 1 - torch.exp(torch.tensor(-1.0))
    torch.testing.assert_close(middle, torch.stack([first, first * (1 - first), first * 0]))


@pytest.mark.parametrize("oracle", [rasterize_densely, ORACLE])
@pytest.mark.parametrize("seed", range(3))
def test_agrees_about_shadows(seed: int, oracle: rasterize.Engine) -> None:
    splats = make_splats(seed, 150, SIZE, 3.0, shadows=True)
    splats = replace(splats, opacity=splats.opacity * 5)
    assert compare_engines(ENGINE, splats, SIZE, torch.float32, oracle=oracle) < TOLERANCE


@pytest.mark.parametrize("engine", [ENGINE, ORACLE])
def test_shadows_behind_which_nothing_lies_change_nothing_and_learn_nothing(
    engine: rasterize.Engine,
) -> None:
    front = replace(scene32(6, 40), shadow=torch.zeros(40, dtype=torch.bool))
    dark = make_splats(7, 30, SIZE, 3.0)
    dark = replace(dark, rgb=dark.rgb * 0, depth=dark.depth + 1, opacity=dark.opacity * 5)
    dark = cast_splats(dark, torch.float32)
    both = replace(join_splats(front, dark), shadow=torch.arange(70) >= 40)
    picture, alone = engine(both, **SHAPE), engine(front, **SHAPE)
    torch.testing.assert_close(picture, alone, rtol=0, atol=1e-6)
    names = [name for name in LEAVES if name != "rgb"]
    weight = torch.rand(picture.shape, generator=torch.Generator().manual_seed(0))
    leaves = [getattr(dark, name) for name in names]
    for name, gradient in zip(
        names, torch.autograd.grad((picture * weight).sum(), leaves), strict=True
    ):
        assert gradient.abs().max() < 1e-5, name


def test_hundreds_at_the_same_depth_blend_in_their_order() -> None:
    splats = make_splats(5, 150, SIZE, 3.0)
    level = replace(splats, depth=(splats.depth * 2).round())
    assert compare_engines(ENGINE, level, SIZE, torch.float32) < TOLERANCE


@pytest.mark.parametrize("field", ["u", "v", "conic", "opacity"])
def test_what_lies_nowhere_does_not_spoil_the_rest(field: str) -> None:
    good, bad = scene32(6, 10), scene32(7, 5)
    lost = torch.tensor([float("nan"), 1e30, -1e30, float("inf"), -float("inf")])
    if field in ("conic", "opacity"):
        lost = lost.masked_fill(lost.isfinite(), float("nan"))
    values = lost[:, None].expand(-1, 3).clone() if field == "conic" else lost
    bad = replace(bad, **{field: values})
    both = join_splats(good, bad)
    for one, other in zip(drawn_and_felt(both), drawn_and_felt(good), strict=True):
        assert torch.equal(one[: len(other)], other)
        assert not one[len(other) :].any()


def test_no_gaussian_at_all_is_black_and_differentiable() -> None:
    empty = cast_splats(make_splats(0, 0, (1, 8, 8), 1.0), torch.float32)
    picture = ENGINE(empty, pictures=2, height=8, width=8)
    assert picture.shape == (2, 3, 8, 8)
    assert not picture.detach().any()
    picture.sum().backward()
    assert empty.rgb.grad is not None


def test_gradients_may_come_in_any_layout() -> None:
    splats = scene32(8)
    weight = torch.rand(40, 40, 3, 2)  # the picture's axes in reverse
    results = [
        torch.autograd.grad(ENGINE(splats, **SHAPE), splats.u, grad)[0]
        for grad in (weight.permute(3, 2, 1, 0), weight.permute(3, 2, 1, 0).contiguous())
    ]
    assert torch.equal(*results)


def test_leaves_may_lie_in_any_layout() -> None:
    splats = detached(scene32(8))
    scattered = replace(splats, conic=splats.conic.T.contiguous().T)
    assert torch.equal(ENGINE(scattered, **SHAPE), ENGINE(splats, **SHAPE))


@pytest.mark.usefixtures("threads")
def test_bytes_depend_neither_on_threads_nor_on_the_run() -> None:
    splats, results = scene32(9), []
    for count in (1, 2, 1, 3, 7):
        torch.set_num_threads(count)
        results.append(drawn_and_felt(splats))
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


def test_the_rasterizer_may_have_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    splats, used = scene32(9), []
    pool = numba_cpu._thread_pool
    monkeypatch.setattr(numba_cpu, "_thread_pool", lambda pid, n: used.append(n) or pool(pid, n))
    expected = drawn_and_felt(splats)
    monkeypatch.setenv(numba_cpu.THREADS, "3")
    found = drawn_and_felt(splats)
    assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True))
    assert used == [torch.get_num_threads()] * 2 + [3] * 2
    monkeypatch.setenv(numba_cpu.THREADS, "many")
    with pytest.raises(RenderError, match="SKELETONLLM_THREADS='many'; expected a number of thr"):
        ENGINE(splats, **SHAPE)


def test_gradients_come_only_where_they_are_wanted() -> None:
    splats = scene32(10)
    frozen = replace(splats, rgb=splats.rgb.detach(), u=splats.u.detach())
    ENGINE(frozen, **SHAPE).sum().backward()
    assert splats.v.grad is not None
    assert splats.u.grad is None
    assert not ENGINE(detached(splats), **SHAPE).requires_grad


def test_a_second_derivative_is_refused() -> None:
    splats = scene32(11, count=5)
    (gradient,) = torch.autograd.grad(
        ENGINE(splats, **SHAPE).square().sum(), splats.u, create_graph=True
    )
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_other_precisions_name_the_engine_for_them() -> None:
    with pytest.raises(RenderError) as caught:
        ENGINE(cast_splats(make_splats(0, 3, SIZE, 2.0), torch.float64), **SHAPE)
    assert str(caught.value) == (
        "numba_cpu: u is torch.float64 on cpu; expected torch.float32 on cpu. "
        "Use engine torch_tiles, or auto."
    )


@pytest.mark.parametrize("picture", [-1, 2])
def test_a_picture_that_does_not_exist_is_an_error(picture: int) -> None:
    splats = scene32(0, count=3)
    with pytest.raises(RenderError, match=f"in picture {picture}; expected 0..1"):
        ENGINE(replace(splats, picture=torch.tensor([0, picture, 1])), **SHAPE)


def test_auto_takes_it_for_float32_on_cpu(caplog: pytest.LogCaptureFixture) -> None:
    rasterize._choose_engine.cache_clear()
    with caplog.at_level("INFO"):
        get_engine("auto")(scene32(0, count=3), **SHAPE)
    assert caplog.records[0].message.endswith("with numba_cpu")


def test_a_picture_is_not_overwritten_while_any_part_of_it_is_held() -> None:
    splats = scene32(12)
    expected = ENGINE(splats, **SHAPE).detach().clone()
    views = [
        ENGINE(splats, **SHAPE)[0, 1, 3:],
        ENGINE(splats, **SHAPE).detach().permute(0, 2, 3, 1)[1],
        torch.from_numpy(ENGINE(splats, **SHAPE).detach().numpy()[:, 2]),
    ]
    loss = ENGINE(splats, **SHAPE).square().sum()  # its graph needs the picture
    gc.collect()
    for seed in range(20, 30):
        ENGINE(scene32(seed), **SHAPE)
    assert torch.equal(views[0], expected[0, 1, 3:])
    assert torch.equal(views[1], expected.permute(0, 2, 3, 1)[1])
    assert torch.equal(views[2], expected[:, 2])
    (gradient,) = torch.autograd.grad(loss, splats.u)
    assert torch.equal(gradient, drawn_and_felt(splats)[1])


def test_memory_is_used_again_and_what_was_in_it_does_not_show() -> None:
    buffers._free.clear()
    first = ENGINE(scene32(13), **SHAPE)
    place = first.data_ptr()
    with torch.no_grad():
        first.fill_(float("nan"))
    del first
    second = ENGINE(scene32(13, count=1), **SHAPE)
    assert second.data_ptr() == place
    assert second.isfinite().all()


def test_free_memory_is_bounded_and_fits_what_it_is_taken_for() -> None:
    buffers._free.clear()
    many = [buffers.take_buffer((100,)) for _ in range(buffers.KEEP + 3)]
    del many
    assert len(buffers._free) == buffers.KEEP
    assert buffers.take_buffer((1000,)).shape == (1000,)
    assert buffers.take_buffer((3,)).shape == (3,)


def test_error_of_the_cut_is_bounded_by_the_number_of_gaussians() -> None:
    splats = make_splats(9, 200, (1, 32, 32), 1.0)
    shape = {"pictures": 1, "height": 32, "width": 32}
    found = ENGINE(cast_splats(splats, torch.float32), **shape)
    difference = (found - rasterize_densely(splats, **shape)).detach().abs().max()
    assert float(difference) <= 200 * NEGLIGIBLE


@lanes.compile_kernel
def _powers(numbers, found):  # type: ignore[no-untyped-def]
    for at in range(0, len(numbers), lanes.WIDTH):
        lanes.store(found, at, _exp2(lanes.load(numbers, at)))


def test_exponentials_are_right_to_a_part_in_a_million() -> None:
    numbers = np.linspace(-99, 60, 32 * 500, dtype=np.float32)
    found = np.empty_like(numbers)
    _powers(numbers, found)
    np.testing.assert_allclose(found, np.exp2(numbers.astype(np.float64)), rtol=1e-6)


def test_kernels_run_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    double = lanes.compile_kernel(lambda x: 2 * x)
    assert double(21) == 42


def test_what_is_kept_on_disk_is_outdated_by_a_change_in_any_kernel_file() -> None:
    """The stamp goes into a private place of numba, which a new version may move."""
    assert len(lanes._hash_kernels()) == 64
    for kernel in (
        numba_lists.sort_into_lists,
        numba_kernels.blend_bands,
        numba_kernels.sum_gradients,
    ):
        assert kernel._cache._cache_file._source_stamp == lanes._hash_kernels()
    room = Path(lanes.__file__).parent
    users = {path.name for path in room.glob("*.py") if "@compile_kernel" in path.read_text()}
    assert users < set(lanes._KERNELS)


@pytest.mark.usefixtures("threads")
def test_a_forked_process_has_threads_of_its_own() -> None:
    torch.set_num_threads(2)
    splats = detached(scene32(14))
    ENGINE(splats, **SHAPE)
    child = get_context("fork").Process(target=ENGINE, args=(splats,), kwargs=SHAPE)
    child.start()
    child.join(60)
    assert child.exitcode == 0
