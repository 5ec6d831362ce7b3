from __future__ import annotations

import torch
import torch.nn.functional as F
from torch._subclasses.fake_tensor import FakeTensorMode

from skeletonllm.training.estimates.autocast import FLOAT32_ON_GPU, FakeRules

MODE = FakeTensorMode(allow_non_fake_inputs=True)


def test_a_layer_norm_is_float32_on_a_gpu_alone() -> None:
    low = torch.zeros(2, 4, dtype=torch.bfloat16)
    with FakeRules(FLOAT32_ON_GPU):
        assert F.layer_norm(low, (4,)).dtype == torch.float32
        assert (low + low).dtype == torch.bfloat16
    with FakeRules():
        assert F.layer_norm(low, (4,)).dtype == torch.bfloat16


def test_a_real_mask_takes_as_many_fake_rows_as_it_is_true_of() -> None:
    with MODE:
        fake = torch.empty(3, 5)
    mask = torch.tensor([True, False, True])
    with FakeRules():
        assert fake[mask].shape == (2, 5)
        assert fake[mask, 2:].shape == (2, 3)
        assert fake[1:].shape == (2, 5)
        fake[mask, :] = fake[mask] + 1
