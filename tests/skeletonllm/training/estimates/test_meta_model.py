from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from skeletonllm.errors import UsageError
from skeletonllm.mllm.tiny_qwen import tiny_qwen_vl
from skeletonllm.training.estimates import Workload, estimate_run
from skeletonllm.training.estimates.meta_model import build_without_weights, drop_bytes

from .conftest import SaveConfig, ask


def test_trained_parts_are_float32_and_free_and_all_else_is_frozen(
    save_config: SaveConfig,
) -> None:
    adapter = build_without_weights(Workload(model=save_config(), trains=("projector",)))
    free = {name: p for name, p in adapter.named_parameters() if p.requires_grad}
    assert free
    assert all("multi_modal_projector" in name for name in free)
    assert {p.dtype for p in free.values()} == {torch.float32}
    frozen = [p for p in adapter.parameters() if not p.requires_grad]
    assert {p.dtype for p in frozen} == {torch.bfloat16}
    assert {p.device.type for p in adapter.parameters()} == {"meta"}


def test_tied_weights_stay_tied() -> None:
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5, bias=False))
    model[1].weight = model[0].weight
    drop_bytes(model, FakeTensorMode(allow_non_fake_inputs=True))
    assert isinstance(model[0].weight, FakeTensor)
    assert model[1].weight is model[0].weight


@pytest.mark.parametrize("family", ["qwen2_5_vl", "qwen3_vl"])
def test_every_family_of_checkpoints_can_be_estimated(family: str, tmp_path: Path) -> None:
    adapter = tiny_qwen_vl(family, ["wave"])
    adapter.model.config.save_pretrained(tmp_path)
    size = 4 * adapter.patch
    workload = Workload(
        model=str(tmp_path), trains=("renderer", "projector"), num_frames=1, size=size
    )
    found = estimate_run(workload, ask(1))
    own = sum(p.numel() for p in adapter.parameters())
    held = (p for name, p in found.parts.items() if name != "renderer")
    assert sum(p.trained + p.frozen for p in held) == own
    assert {"vision_tower", "projector", "language_model"} <= set(found.activations.by_part)


def test_a_model_of_no_family_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(UsageError, match="bert"):
        build_without_weights(Workload(model=str(tmp_path), trains=("projector",)))
