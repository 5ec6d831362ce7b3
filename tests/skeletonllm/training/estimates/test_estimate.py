from __future__ import annotations

import json
import resource
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.mllm import tiny_internvl
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.registry import load_adapter
from skeletonllm.prompts.recognition import SYSTEM
from skeletonllm.training.estimates import Estimate, Workload, estimate_run, measure_memory_of
from skeletonllm.training.estimates.estimate import show_bytes

from .conftest import SaveConfig, ask

TINY = Workload(model="tiny", trains=("renderer", "projector"), num_frames=2, size=56, device="cpu")
WARM_UP_8B = ("renderer", "projector")


@cache
def estimate_tiny() -> Estimate:
    return estimate_run(TINY, ask(2), memory=10**9)


def test_the_published_model_is_estimated_in_little_memory(save_config: SaveConfig) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = estimate_run(
        Workload(model=save_config(), trains=WARM_UP_8B), ask(12), memory=80 * 10**9
    )
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 1e9
    total = sum(part.trained + part.frozen for part in found.parts.values())
    assert total == pytest.approx(7.94e9, rel=0.005)  # as its makers state
    assert found.parts["projector"].trained == 4096 * 2 + 4096 * 3584 + 3584 + 3584 * 3584 + 3584
    assert found.tokens.visual == 12 * 256
    assert 0 < found.tokens.foreground < 3072
    weights = 2 * total + 2 * found.parts["projector"].trained  # those that learn in four bytes
    assert found.weights == pytest.approx(weights, rel=1e-4)
    assert found.optimizer == 2 * found.gradients
    # One decoder layer keeps about 14 numbers of its width and 3 of its MLP's, each a token.
    tokens = found.tokens.visual + found.tokens.text
    by_hand = tokens * 28 * 2 * (3 * 18944 + 6 * 3584 + 2 * 512 + 2 * 3584)
    assert found.activations.by_part["language_model"] == pytest.approx(by_hand, rel=0.15)
    assert found.largest_micro_batch() == 2


def test_parameters_are_those_of_the_model_and_counted_once() -> None:
    found = estimate_run(replace(TINY, trains=("projector", "lora"), lora_rank=4), ask(2))
    adapter = load_adapter("tiny", LoadOptions(size=56))
    own = sum(p.numel() for p in adapter.parameters())
    in_model = {n: p for n, p in found.parts.items() if n not in ("renderer", "lora")}
    assert sum(p.trained + p.frozen for p in in_model.values()) == own
    assert found.parts["lora"].frozen == found.parts["language_model"].trained == 0
    assert found.parts["lora"].trained == 2 * 4 * (4 * (64 + 64) + 3 * (64 + 128))
    assert found.parts["renderer"].trained == 0
    learned = found.parts["lora"].trained + found.parts["projector"].trained
    assert found.optimizer == 2 * 4 * learned


def test_totals_add_up_and_the_largest_micro_batch_fits() -> None:
    found = replace(estimate_tiny(), workload=replace(TINY, micro_batch=2))
    parts = found.weights + found.gradients + found.optimizer
    assert found.fixed == parts + found.activations.once
    assert found.total == found.fixed + 2 * found.per_clip
    largest = found.largest_micro_batch()
    assert largest is not None
    assert found.fixed + largest * found.per_clip <= 0.9e9
    assert found.fixed + (largest + 1) * found.per_clip > 0.9e9
    assert found.largest_micro_batch(found.fixed) == 0
    assert replace(found, memory=None).largest_micro_batch() is None


def test_rows_name_every_knob_and_json_holds_the_totals() -> None:
    found = estimate_tiny()
    rows = found.describe()
    for knob in ("micro_batch", "checkpoint_activations", "foreground", "num_frames", "size"):
        assert knob in rows["knobs"]
    assert "1.0 GB; a micro batch of" in rows["total"]
    assert rows["time a step"] == "not measured yet"
    assert rows["tokens a clip"].endswith(f"{found.tokens.text} of text")
    data = json.loads(json.dumps(found.to_json()))
    assert data["total"] == found.total
    assert data["workload"]["trains"] == ["renderer", "projector"]


def test_a_checkpoint_s_own_tokenizer_counts_the_text(tmp_path: Path) -> None:
    adapter = tiny_internvl(["sit down", "wave"], size=56)
    adapter.save_pretrained(tmp_path)
    for weights in tmp_path.glob("*.safetensors"):
        weights.unlink()  # nothing of them is needed
    found = estimate_run(replace(TINY, model=str(tmp_path)), ask(2))
    question, shape = ask(2), (1, 2, 16)
    adapter.system = SYSTEM  # a checkpoint is loaded with it
    text = len(adapter.prompt_ids([question.prompt], shape)[0]) + len(
        adapter.answer_ids([question.answer])[0]
    )
    assert found.tokens.text == text - 32


def test_an_earlier_run_tells_the_time_of_a_step(tmp_path: Path) -> None:
    stage = {"trains": ["renderer", "projector"], "num_frames": 2, "size": 56}
    report = {"stage": stage, "model": "tiny", "renderer": "draction"}
    (tmp_path / "report.json").write_text(json.dumps(report))
    (tmp_path / "speed.json").write_text(json.dumps({"seconds_per_step": 0.5, "steps": 3}))
    found = estimate_run(TINY, ask(2), earlier=str(tmp_path))
    assert found.seconds == 0.5
    assert found.describe()["time a step"] == "0.50 s, as measured before"


@pytest.mark.parametrize(
    ("trains", "text"), [(("nose",), "trains nose"), (("renderer",), "depends on nothing")]
)
def test_nothing_to_train_is_refused(trains: tuple[str, ...], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        estimate_run(replace(TINY, trains=trains, renderer="plain_projection"), ask(2))


def test_memory_of_this_machine_is_known() -> None:
    memory = measure_memory_of("cpu")
    assert memory is not None
    assert memory > 1e9
    assert (show_bytes(2.5e9), show_bytes(4.2e6)) == ("2.5 GB", "4.2 MB")
