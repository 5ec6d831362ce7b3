"""A training run on a shelf: the clips of its release as its renderer draws them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import exists, join, read_bytes, read_json
from skeletonllm.storage.layout import PLAN
from skeletonllm.viewer.drawing import TRAINED, UNTRAINED, load_trained, make_untrained
from skeletonllm.viewer.overview import make_chart, make_table
from skeletonllm.viewer.served.painter import RendererPainter
from skeletonllm.viewer.served.releases import open_release
from skeletonllm.viewer.served.shelf import Shelf

WEIGHTS = "checkpoint/renderer.safetensors"
_METRICS = "metrics.jsonl"
_POINTS = 20


def open_run(run: str, release: str) -> Shelf:
    """A training run as it is shown.

    Args:
        run: Its folder.
        release: The release it was trained on, or another one.

    Raises:
        UsageError: The run has no renderer yet.
    """
    weights = join(run, WEIGHTS)
    if not exists(weights):
        hint = "Wait until the run has saved its first checkpoint."
        raise UsageError("no trained renderer", where=weights, hint=hint)
    config = read_json(join(run, PLAN))["config"]
    shelf = open_release(release)
    other = config.get("release") != read_manifest(release).identity.sha256
    makers: dict[str, Callable[[], Any]] = {
        UNTRAINED: make_untrained,
        TRAINED: partial(load_trained, weights),
    }
    return replace(
        shelf,
        kind="training",
        title=f"{run.rstrip('/').rpartition('/')[2]} on {shelf.title}",
        overview=describe_run(config, _read_metrics(run)),
        painter=RendererPainter(makers),
        note="The run was trained on another release than this one." if other else "",
    )


def describe_run(config: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The overview of a run.

    Args:
        config: Of its plan.
        metrics: Rows of its ``metrics.jsonl``.
    """
    stage = config.get("stage", {})
    facts = {
        **{name: config.get(name) for name in ("model", "renderer", "formula", "camera")},
        "stage": stage.get("name"),
        **{name: stage.get(name) for name in ("task", "objective", "steps", "lr")},
        "trains": ", ".join(stage.get("trains", ())),
    }
    losses = [row for row in metrics if isinstance(row.get("loss"), int | float)]
    places = np.linspace(0, len(losses) - 1, min(_POINTS, len(losses))).round().astype(int)
    shown = [losses[place] for place in places]  # the first and the last among them
    loss = {f"step {row.get('step', i)}": round(row["loss"], 4) for i, row in enumerate(shown)}
    chart = make_chart("Loss", loss, "loss")
    columns = sorted({name for row in metrics[-1:] for name in row})
    table = make_table(
        "Last step", columns, [[row.get(n) for n in columns] for row in metrics[-1:]]
    )
    return {
        "facts": [[name, str(value)] for name, value in facts.items() if value not in (None, "")],
        "charts": [chart] if loss else [],
        "tables": [table] if table["rows"] else [],
        "findings": [],
        "changes": None,
        "lineage": [["release", str(config.get("release"))], ["view", str(config.get("view"))]],
    }


def _read_metrics(run: str) -> list[dict[str, Any]]:
    """What the run wrote, line by line; the last line may still be half."""
    where = join(run, _METRICS)
    rows = []
    for line in read_bytes(where).splitlines() if exists(where) else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows
