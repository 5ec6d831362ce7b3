"""The model families; a new one is one file and one line here.

A checkpoint says itself which family it is of: ``model_type`` in its ``config.json``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from transformers import PretrainedConfig

from skeletonllm.defaults import SMALL, SMALL_RANDOM, TINY
from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter, LoadOptions


@dataclass(frozen=True)
class Family:
    """Models that one adapter speaks to.

    Args:
        name: ``model_type`` in the ``config.json`` of its checkpoints, or :data:`TINY`.
        loader: ``module:function``, called as ``function(source, options) -> Adapter``. A name,
            so that a family's code is imported only when a model of it is loaded.
    """

    name: str
    loader: str

    def load(self, source: str, options: LoadOptions) -> Adapter:
        """The model at ``source``, in evaluation mode.

        Args:
            source: What the user named.
            options: Where and how to load it.

        Raises:
            UsageError: No checkpoint of this family is there.
        """
        module, _, function = self.loader.partition(":")
        load: Callable[[str, LoadOptions], Adapter] = getattr(import_module(module), function)
        return load(source, options)


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("internvl", "skeletonllm.mllm.internvl:load_family"),  # a line a family
        Family("qwen2_5_vl", "skeletonllm.mllm.qwen_vl:load_family"),
        Family("qwen3_vl", "skeletonllm.mllm.qwen_vl:load_family"),
        Family("llama", "skeletonllm.mllm.small.adapter:load_saved"),
    )
}
"""The families of checkpoints, by ``model_type``."""

MODELS: dict[str, Family] = {
    TINY: Family(TINY, "skeletonllm.mllm.tiny.internvl:load_family"),
    SMALL: Family(SMALL, "skeletonllm.mllm.small.adapter:load_family"),
    SMALL_RANDOM: Family(SMALL_RANDOM, "skeletonllm.mllm.small.adapter:load_family"),
}
"""Models that have a name instead of a checkpoint."""


def get_family(source: str) -> Family:
    """The family of a model: by its name in :data:`MODELS`, else by its ``config.json``.

    Raises:
        UsageError: There is no checkpoint, or none of a family known here.
    """
    if source in MODELS:
        return MODELS[source]
    model_type = _read_config(source)["model_type"]
    if model_type not in FAMILIES:
        raise UsageError(
            f"a checkpoint of model_type {model_type!r}",
            expected=f"one of {', '.join(FAMILIES)}",
            where=source,
        )
    return FAMILIES[model_type]


def load_adapter(source: str, options: LoadOptions) -> Adapter:
    """The model at ``source`` behind the adapter of its family, in evaluation mode.

    Args:
        source: A name in :data:`MODELS`, or the folder or repository of a checkpoint.
        options: Where and how to load it.

    Raises:
        UsageError: There is no checkpoint, or none of a family known here.

    Example:
        >>> load_adapter("tiny", LoadOptions(size=56, texts=("wave",))).patch
        14
    """
    return get_family(source).load(source, options)


def _read_config(source: str) -> dict[str, Any]:
    """The ``config.json`` of a folder or Hugging Face repository; it names its model_type."""
    hint = f"Give {', '.join(MODELS)}, or a folder or repository with the config.json of a model."
    try:
        config: dict[str, Any] = PretrainedConfig.get_config_dict(source)[0]
    except (OSError, ValueError) as error:
        found = f"no model checkpoint ({type(error).__name__})"
        raise UsageError(found, where=source, hint=hint) from error
    if "model_type" not in config:
        raise UsageError("no model_type, so no model checkpoint", where=source, hint=hint)
    return config
