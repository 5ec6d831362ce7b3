"""A tiny checkpoint as training writes it, and a clip to ask it about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.answering.clip_asker import ClipAsker
from skeletonllm.clip import Clip
from skeletonllm.mllm.identity import fingerprint
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.training import ModelSpec, TrainState, get_stage
from skeletonllm.views.view import View

CLASSES = ("hand waving", "jump up", "sit down", "throw")


def write_checkpoint(
    folder: Path, task: str = "recognition", classes: Sequence[str] = CLASSES, **stage: Any
) -> str:
    """A checkpoint of a random tiny model, of which the projector is held; gives its folder."""
    spec = ModelSpec(source="tiny", size=56, texts=CLASSES, seed=3)
    renderer, adapter = spec.build("cpu")
    parts = {"renderer": renderer, "projector": adapter.parts()["projector"]}
    weights = {
        f"{part}.{name}": tensor.clone().contiguous()
        for part, module in parts.items()
        for name, tensor in module.state_dict().items()
    }
    view = {n: list(v) if isinstance(v, tuple) else v for n, v in asdict(View()).items()}
    owner = {
        "release": "0" * 64,
        "model": spec.to_json(),
        "frozen": fingerprint(adapter, ("projector",)),
        "view": view,
        **({"classes": {"lab": list(classes)}} if classes else {}),
    }
    made = get_stage("warm_up", model="tiny", task=task, num_frames=3, **stage)
    TrainState(5, made, 5, ("projector",), weights, {}, {}, owner).write(folder)
    return str(folder)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Trained on recognition; read only."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "recognition")


@pytest.fixture(scope="session")
def asker(checkpoint: str) -> ClipAsker:
    return ClipAsker.open(checkpoint, "cpu")


@pytest.fixture(scope="session")
def clip() -> Clip:
    """As a reader gives it."""
    motion = synthesize("hand waving", subject=1, seed=0, fps=30)
    return make_clip(motion, label="hand waving", label_namespace="lab")
