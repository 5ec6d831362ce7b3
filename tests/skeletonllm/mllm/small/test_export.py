"""An exported small model: the code of its card runs, and asks as its last stage did."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.errors import UsageError
from skeletonllm.mllm.export import CARD, export_model
from skeletonllm.mllm.small import adapter as module
from skeletonllm.mllm.small.adapter import SmallAdapter
from skeletonllm.testing.rendering.people import make_waving_motion
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.mllm.small.conftest import CoarseTower

LABELS = ["wave", "sit down", "throw"]


@pytest.mark.parametrize("task", ["naming", "recognition"])
def test_the_code_of_the_card_runs(
    adapter: SmallAdapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    renderer = get_renderer("velocity_sticks", DrActionConfig(size=64, patch=64))
    facts: dict[str, Any] = dict.fromkeys(CARD, "said") | {"trained": ["projector"], "metrics": {}}
    facts["recipe"] = {"num_frames": 2, "task": task}
    export_model(adapter, renderer, tmp_path / "out", facts)
    code = re.findall(r"```python\n(.+?)```", (tmp_path / "out/README.md").read_text(), re.DOTALL)
    ours, plain = code
    scope: dict[str, Any] = {"FOLDER": str(tmp_path / "out")}
    exec(plain, scope)
    assert type(scope["model"]).__name__ == "LlamaForCausalLM"
    monkeypatch.setattr(module, "Tower", lambda: CoarseTower(16))
    exec(ours, scope)
    asked: list[str] = []
    score = scope["adapter"].score_candidates
    scope["adapter"].score_candidates = lambda *given: asked.extend(given[1]) or score(*given)
    assert scope["recognize"](make_waving_motion(KINECT_V2, 8), LABELS) in LABELS
    assert ("sit down" in asked[0]) == (task == "recognition")


def test_a_tower_that_cannot_recompute_says_so(adapter: SmallAdapter) -> None:
    with pytest.raises(UsageError, match="vision_tower has no layer whose activations"):
        adapter.checkpoint_activations(True)
    adapter.checkpoint_activations(False)
