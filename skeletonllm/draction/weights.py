"""Renderer weights as safetensors: the released ones, and our own with their configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from skeletonllm.draction.config import PARTS, DrActionConfig
from skeletonllm.draction.old_names import translate_config
from skeletonllm.draction.renderer import DrAction
from skeletonllm.errors import RenderError, WeightsError

RELEASED = "skeletonllm-draction-v1"
"""Of the weights that came with the paper."""
FORMAT = "skeletonllm-renderer-v3"
OLD_FORMATS = ("skeletonllm-renderer-v2", "skeletonllm-renderer-v1")
"""Still read: 2 knows no parts of ``body`` that can be switched off, so its picture has none; 1
says ``profile`` for the formula, too."""
ABOUT = "skeletonllm"
_STATE_OF_RENDERER = "view."


def load_renderer(path: str | Path, **changes: Any) -> DrAction:
    """The renderer of a weights file, ours or released; every entry of it is used.

    Args:
        path: A ``.safetensors`` file; bfloat16 is read as float32.
        changes: Fields of :class:`DrActionConfig` to set; the size of a picture is not a matter of
            the weights. Released ones have formula ``published`` and, unless changed, camera
            ``sensor``.

    Raises:
        WeightsError: Not such a file, or an entry is missing, extra or misshapen.

    Example:
        >>> load_renderer("draction_candidate_01.safetensors", size=224)  # doctest: +SKIP
    """
    tensors, metadata = read_weights(path)
    config = _read_config(metadata, tensors, str(path))
    try:
        renderer = DrAction(replace(config, **changes))
    except TypeError as error:
        raise RenderError(str(error), expected="fields of DrActionConfig") from error
    load_weights(renderer, tensors, where=str(path))
    return renderer


def read_weights(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors (float32) and metadata of a safetensors file.

    Raises:
        WeightsError: There is no such file, or it is not safetensors.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            tensors = {name: file.get_tensor(name).float() for name in sorted(file.keys())}
            return tensors, dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"not a safetensors file ({error})", where=str(path), hint="Check the path."
        ) from error


def load_weights(renderer: DrAction, tensors: Mapping[str, Tensor], *, where: str = "") -> None:
    """Copy all of ``tensors`` into ``renderer``.

    Names are those of ``renderer.state_dict()``; the released files leave out ``appearance.``. The
    view is optional, since a sensor's camera has none.

    Args:
        renderer: Changed in place.
        tensors: By name.
        where: The file, for messages.

    Raises:
        WeightsError: Names every entry that is missing, extra, misshapen or not finite.
    """
    state = renderer.state_dict()
    given = {_full_name(name, state): value for name, value in tensors.items()}
    optional = {name for name in {*state, *given} if name.startswith(_STATE_OF_RENDERER)}
    faults = [f"missing {name}" for name in sorted(set(state) - set(given) - optional)]
    faults += [f"extra {name}" for name in sorted(set(given) - set(state) - optional)]
    for name in sorted(set(state) & set(given)):
        if given[name].shape != state[name].shape:
            shape, expected = tuple(given[name].shape), tuple(state[name].shape)
            faults.append(f"{name} of shape {shape}, expected {expected}")
        elif not given[name].isfinite().all():
            faults.append(f"{name} holds NaN or infinity")
    if faults:
        raise WeightsError(
            "; ".join(faults),
            where=where or None,
            hint="Make the renderer with the configuration the weights were saved with.",
        )
    renderer.load_state_dict({**state, **{n: v for n, v in given.items() if n in state}})


def save_renderer(renderer: DrAction, path: str | Path) -> None:
    """Write weights and configuration into one file that :func:`load_renderer` reads.

    Args:
        renderer: What to keep.
        path: A ``.safetensors`` file; overwritten.
    """
    # One entry of metadata: safetensors writes several in an order that changes from run to run.
    about = {"format": FORMAT, "config": asdict(renderer.config)}
    state = {n: v.detach().cpu().contiguous() for n, v in sorted(renderer.state_dict().items())}
    save_file(state, str(path), metadata={ABOUT: json.dumps(about, sort_keys=True)})


def _read_config(
    metadata: Mapping[str, str], tensors: Mapping[str, Tensor], where: str
) -> DrActionConfig:
    about = json.loads(metadata.get(ABOUT, "{}"))
    kind = about.get("format", metadata.get("format"))
    if kind in (FORMAT, *OLD_FORMATS):
        fields = dict.fromkeys(PARTS, False) | translate_config(about["config"])
        return DrActionConfig(**{**fields, "formats": tuple(fields["formats"])})
    if kind == RELEASED:
        return DrActionConfig(
            formula="published",
            camera="sensor",
            modulate=any(name.startswith("nfm.") for name in tensors),
            points_per_bone=int(metadata.get("num_line_samples", 10)),
            size=int(metadata.get("render_size", 448)),
        )
    raise WeightsError(
        f"format {kind!r}",
        expected=f"{FORMAT}, {', '.join(OLD_FORMATS)} or {RELEASED}",
        where=where,
    )


def _full_name(name: str, state: Mapping[str, Tensor]) -> str:
    prefixed = f"appearance.{name}"
    return prefixed if name not in state and prefixed in state else name
