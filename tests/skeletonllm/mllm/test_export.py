from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from skeletonllm.draction import DrAction, DrActionConfig, load_renderer
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.errors import UsageError
from skeletonllm.mllm import InternVLAdapter, LoadOptions, load_internvl
from skeletonllm.mllm.export import CARD, WEIGHTS, export_model
from skeletonllm.mllm.lora import LoraOptions, add_lora, get_lora
from skeletonllm.testing.rendering.people import make_waving_motion
from skeletonllm.topology import KINECT_V2

LABELS = ["wave", "sit down", "kick the ball"]
WAVING = make_waving_motion(KINECT_V2, 8)
CONFIG = DrActionConfig(size=56, patch=14, points_per_bone=4, hidden=16)
FACTS: dict[str, Any] = {
    "base_model": "tiny",
    "license": "apache-2.0",
    "trained": ["renderer", "projector", "lora"],
    "release": {"name": "demo", "version": "1.0.0", "sha256": "ab" * 32},
    "view": {"name": "ntu60/55-5", "sha256": "cd" * 32, "cameras": None, "unseen": []},
    "recipe": {"num_frames": 2, "stages": {"warm_up": {"epochs": 1}, "refine": {"epochs": 3}}},
    "metrics": {"accuracy": "80 % <of 10 clips>"},
}


@pytest.fixture
def trained(adapter: InternVLAdapter) -> InternVLAdapter:
    lora = add_lora(adapter, LoraOptions(r=2))
    generator = torch.Generator().manual_seed(1)
    for weight in lora.parameters():
        weight.data.copy_(torch.randn(weight.shape, generator=generator) * 0.05)
    return adapter


@pytest.fixture
def renderer() -> DrAction:
    renderer = DrAction(CONFIG)
    for parameter in renderer.parameters():
        parameter.data.mul_(1.01)
    return renderer


def logits(model: Any) -> Tensor:
    found: Tensor = model(input_ids=torch.arange(24).view(2, 12)).logits
    return found


def code_of(folder: Path) -> list[str]:
    return re.findall(r"```python\n(.+?)```", (folder / "README.md").read_text(), re.DOTALL)


def run(code: str, folder: Path) -> dict[str, Any]:
    scope: dict[str, Any] = {"FOLDER": str(folder)}
    exec(code, scope)
    return scope


def test_the_code_of_the_card_loads_what_was_exported(
    trained: InternVLAdapter, renderer: DrAction, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "out"
    trained.system = 'You judge "motions".'
    before = logits(trained.model)
    export_model(trained, renderer, folder, FACTS)
    assert get_lora(trained) is None
    ours, plain = code_of(folder)

    loaded = run(plain, folder)
    assert torch.equal(logits(loaded["model"]), logits(trained.model))
    assert torch.allclose(logits(loaded["model"]), before, atol=1e-4)
    assert loaded["tokenizer"](LABELS)["input_ids"] == trained.tokenizer(LABELS)["input_ids"]

    scope = run(ours, folder)
    assert scope["adapter"].system == trained.system
    state = scope["renderer"].state_dict()
    assert all(torch.equal(state[name], t) for name, t in renderer.state_dict().items())
    own = {**scope, "adapter": trained, "renderer": renderer}
    exec(ours.partition("\n\n\n")[2], own)  # recognize, of the models before the export
    assert scope["recognize"](WAVING, LABELS) == own["recognize"](WAVING, LABELS)


def test_the_card_says_what_was_trained_on_what(
    trained: InternVLAdapter, renderer: DrAction, tmp_path: Path
) -> None:
    export_model(trained, renderer, tmp_path / "out", {**FACTS, "seen_by": ["a lab"]})
    text = (tmp_path / "out" / "README.md").read_text()
    head = yaml.safe_load(text.split("---")[1])
    assert head["base_model"] == "tiny"
    assert head["license"] == "apache-2.0"
    assert head["library_name"] == "transformers"
    for said in (
        "renderer, projector, lora",
        f"release / sha256: {'ab' * 32}",
        f"view / sha256: {'cd' * 32}",
        "stages / refine / epochs: 3",
        "accuracy: 80 % &lt;of 10 clips>",
        '## Seen by\n\n["a lab"]',
    ):
        assert said in text
    assert "cameras" not in text
    assert "unseen" not in text


def test_a_model_of_two_precisions_is_stored_as_it_is(
    trained: InternVLAdapter, renderer: DrAction, tmp_path: Path
) -> None:
    """As training leaves it: bfloat16, but for the projector."""
    trained.model.to(torch.bfloat16)
    trained.projector.float()
    export_model(trained, renderer, tmp_path / "out", FACTS)
    ours, plain = code_of(tmp_path / "out")
    assert "dtype=torch.bfloat16" in ours
    assert run(ours, tmp_path / "out")["recognize"](WAVING, LABELS) in LABELS
    assert logits(run(plain, tmp_path / "out")["model"]).dtype == torch.bfloat16
    whole = load_internvl(tmp_path / "out", LoadOptions(dtype=torch.float32))
    for name, weight in trained.projector.state_dict().items():
        assert torch.equal(whole.projector.state_dict()[name], weight)


def test_a_fixed_renderer_is_named_and_foreground_is_shown_alone(
    adapter: InternVLAdapter, tmp_path: Path
) -> None:
    fixed = get_renderer("velocity_sticks", CONFIG)
    recipe = {**FACTS["recipe"], "foreground": True}
    export_model(adapter, fixed, tmp_path / "out", {**FACTS, "recipe": recipe, "metrics": {}})
    assert not (tmp_path / "out" / WEIGHTS).exists()
    assert "Nothing was measured." in (tmp_path / "out" / "README.md").read_text()
    ours = code_of(tmp_path / "out")[0]
    assert "[labels], rendering.patches)" in ours
    scope = run(ours, tmp_path / "out")
    assert type(scope["renderer"]) is type(fixed)
    assert scope["renderer"].config == CONFIG
    assert scope["recognize"](WAVING, LABELS) in LABELS


def test_the_renderer_of_an_export_is_read_alone(
    adapter: InternVLAdapter, renderer: DrAction, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()  # an empty folder is one to fill
    export_model(adapter, renderer, tmp_path / "out", FACTS)
    assert load_renderer(tmp_path / "out" / WEIGHTS).config == CONFIG


def test_a_failed_export_leaves_nothing(
    adapter: InternVLAdapter,
    renderer: DrAction,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("skeletonllm.mllm.export.save_renderer", fail)
    with pytest.raises(OSError, match="no space"):
        export_model(adapter, renderer, tmp_path / "out", FACTS)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_before_lora_is_merged(
    trained: InternVLAdapter, renderer: DrAction, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="there is something already. Choose a new folder"):
        export_model(trained, renderer, tmp_path, FACTS)
    assert get_lora(trained) is not None
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", CARD)
def test_a_card_that_lacks_an_entry_is_refused(
    adapter: InternVLAdapter, renderer: DrAction, tmp_path: Path, name: str
) -> None:
    card = {key: value for key, value in FACTS.items() if key != name}
    with pytest.raises(UsageError, match=f"a card without {name}; expected all of base_model"):
        export_model(adapter, renderer, tmp_path / "out", card)
