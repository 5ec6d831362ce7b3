"""A checkpoint of a training run -> one folder that `from_pretrained` loads, with its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.common import console, run_job


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    checkpoint: str
    """The folder `checkpoint` of a training run."""
    output: str
    """Folder to make."""
    license: str
    """Terms that keep those of the base model and of the clips, as the Hub names them, or other."""
    base_model: str | None = None
    """Name of the base model on the card; that of the checkpoint it was trained from, if none."""
    evaluations: tuple[str, ...] = ()
    """Files of `evaluate`, for the card; all must be of this model."""


def main(flags: Flags) -> int:
    """Merge LoRA into the model and write all that is needed to use it."""
    from pathlib import Path

    from skeletonllm.draction.renderers import learns
    from skeletonllm.mllm.export import export_model
    from skeletonllm.training import ModelSpec, check_fingerprint, read_state
    from skeletonllm.views.view import View

    state = read_state(flags.checkpoint)
    spec = ModelSpec.from_json(state.owner["model"])
    renderer, adapter = spec.build("cpu")
    check_fingerprint(adapter, state.held, state.owner["frozen"])
    state.load_weights(renderer, adapter)
    # JSON has no tuples, and a view hashes what it was made with.
    asked: dict[str, Any] = {
        n: tuple(v) if isinstance(v, list) else v for n, v in state.owner["view"].items()
    }
    card = {
        "base_model": flags.base_model or Path(spec.source).name,
        "license": flags.license,
        "trained": [*(["renderer"] if learns(spec.renderer) else []), *state.held],
        "release": {"sha256": state.owner["release"]},
        "view": {"sha256": View(**asked).sha256, **asked},
        "recipe": {**state.stage.to_json(), "steps": state.step},
        "metrics": {url: _read_scores(url) for url in flags.evaluations},
    }
    export_model(adapter, renderer, Path(flags.output), card)
    console.print(f"export: {flags.output}", markup=False)
    return 0


def _read_scores(url: str) -> dict[str, Any]:
    from skeletonllm.storage import read_json

    found = read_json(url)
    about = {name: found[name] for name in ("release", "task", "judged")}
    return {**about, **{name: of["summary"] for name, of in found["results"].items()}}


if __name__ == "__main__":
    raise SystemExit(run_job(main, Flags))
