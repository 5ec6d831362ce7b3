from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from skeletonllm.mllm.qwen_patches import PatchLayout
from skeletonllm.mllm.tiny.qwen_vl import PICTURE

LAYOUTS = {"qwen2_5_vl": PatchLayout(14, 2, 2), "qwen3_vl": PatchLayout(16, 2, 2)}
SIZES = {"qwen2_5_vl": ((56, 56), (56, 84), (448, 448)), "qwen3_vl": ((256, 256), (448, 448))}
"""Where the published processors do not resize: multiples of 28 and 32, of enough pixels."""


def pictures(height: int, width: int, count: int = 2) -> Tensor:
    """Random pictures uint8 [N, 3, H, W]."""
    generator = torch.Generator().manual_seed(height + width)
    shape = (count, 3, height, width)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize(
    ("model_type", "size"), [(name, size) for name, sizes in SIZES.items() for size in sizes]
)
def test_patches_are_those_of_the_library_s_processor(
    model_type: str, size: tuple[int, int]
) -> None:
    shown = pictures(*size)
    processor = Qwen2VLImageProcessorPil(**PICTURE[model_type])
    images = [Image.fromarray(np.asarray(each.permute(1, 2, 0))) for each in shown]
    theirs = processor(images, return_tensors="pt")
    mean, std = (
        torch.tensor(PICTURE[model_type][f"image_{name}"]).view(3, 1, 1) for name in ("mean", "std")
    )
    layout = LAYOUTS[model_type]
    ours = layout.cut((shown.float() / 255 - mean) / std)
    torch.testing.assert_close(ours, theirs["pixel_values"], rtol=0, atol=1e-6)
    assert theirs["image_grid_thw"].tolist() == [
        [1, *(side * layout.merge for side in layout.grid(shown))]
    ] * len(shown)


def test_a_token_s_patches_stand_together_and_tokens_go_row_by_row() -> None:
    """Each pixel of a picture of 2 x 3 tokens says in which token it lies."""
    layout = PatchLayout(patch=2, merge=2, temporal=1)
    token = torch.arange(6.0).view(1, 1, 2, 3).expand(1, 3, 2, 3)
    picture = token.repeat_interleave(4, 2).repeat_interleave(4, 3)
    rows = layout.cut(picture)
    assert rows.tolist() == [[float(i)] * 12 for i in range(6) for _ in range(4)]


def test_every_pixel_gets_the_gradient_of_both_its_copies() -> None:
    picture = torch.zeros(1, 3, 56, 56, requires_grad=True)
    LAYOUTS["qwen2_5_vl"].cut(picture).sum().backward()
    assert picture.grad is not None
    assert (picture.grad == 2).all()
