"""`skeletonllm export`: a checkpoint becomes a folder that the library loads."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText

from jobs import cli
from skeletonllm.draction import load_renderer
from skeletonllm.mllm import fingerprint, load_adapter
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.lora import LoraOptions
from skeletonllm.training import STAGES, ModelSpec, Trainer, TrainState
from skeletonllm.views.view import View


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lora = asdict(LoraOptions(r=2, alpha=4))
    spec = ModelSpec(source="tiny", size=56, texts=("wave", "sit down"), lora=lora)
    renderer, adapter = spec.build("cpu")
    stage = replace(STAGES["refine"], size=56, num_frames=2)
    trainer = Trainer(stage, renderer, adapter, steps=3)
    with torch.no_grad():
        for weight in trainer.parameters:
            weight.add_(0.02)
    owner = {
        "release": "ab" * 32,
        "model": spec.to_json(),
        "frozen": fingerprint(adapter, ("lora", "projector")),
        "view": asdict(View(unseen=("jump",))),
    }
    folder = tmp_path_factory.mktemp("run") / "checkpoint"
    TrainState.of(3, trainer, {}).belongs_to(**owner).write(folder)
    return folder


def test_an_exported_model_loads_by_the_library_and_by_us(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = {"ntu": {"summary": "91 %"}}
    judged = {"release": "ab" * 32, "task": "recognition", "judged": "x", "results": scores}
    (tmp_path / "e.json").write_text(json.dumps(judged))
    output = tmp_path / "model"
    flags = ["--checkpoint", str(checkpoint), "--output", str(output), "--license", "other"]
    assert cli.main(["export", *flags, "--evaluations", str(tmp_path / "e.json")]) == 0
    assert f"export: {output}" in capsys.readouterr().out
    model = AutoModelForImageTextToText.from_pretrained(output)
    assert not any("lora" in name for name, _ in model.named_parameters())
    assert load_renderer(output / "draction.safetensors").config.size == 56
    ours = load_adapter(str(output), LoadOptions(size=56))
    assert "lora" not in ours.parts()
    card = (output / "README.md").read_text()
    assert "91 %" in card
    assert "abab" in card


def test_a_license_is_asked_for_and_a_checkpoint_must_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--checkpoint", str(tmp_path), "--output", str(tmp_path / "model")]
    with pytest.raises(SystemExit, match="2"):
        cli.main(["export", *flags])
    assert cli.main(["export", *flags, "--license", "other"]) == 2
    assert "no whole checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()
