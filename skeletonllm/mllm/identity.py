"""What trained parts belong to: one hash of all that a stage does not train.

The same checkpoint has the same hash wherever and however it is loaded: in bfloat16 or float32, on
a CPU or a GPU, with LoRA or without. Another output layer, token, chat template or normalization
has another one.

Constants of a model's ``config.json`` that show neither in shapes nor in weights, such as the base
of its rotary embedding, are not hashed: the library writes them otherwise in each version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from skeletonllm.mllm.adapter import Adapter
from skeletonllm.mllm.lora import PART

CHUNK = 1 << 24
"""Numbers that are rounded at a time: a float32 model of 8 billion needs 32 MB beside it, not 16
GB. Smaller pieces are no faster."""


def fingerprint(adapter: Adapter, trained: Collection[str]) -> str:
    """SHA-256, in hex, of the weights that are not trained, the tokenizer and the words around.

    Weights are rounded to bfloat16 first, as a checkpoint may be loaded in it. Sums of many threads
    are made at a time: as many as torch has.

    Args:
        adapter: The model. Its LoRA never counts.
        trained: Names of its parts that are trained; others, such as ``renderer``, are ignored.

    Example:
        >>> from skeletonllm.mllm import tiny_internvl
        >>> len(fingerprint(tiny_internvl(["wave"]), ("projector",)))
        64
    """
    weights = _frozen_tensors(adapter, trained)
    digests = _hash_tensors({id(weight): weight for weight in weights.values()})
    lines = [f"{name} {digests[id(weight)]}" for name, weight in sorted(weights.items())]
    return hashlib.sha256("\n".join([*lines, _hash_text(adapter)]).encode()).hexdigest()


def _frozen_tensors(adapter: Adapter, trained: Collection[str]) -> dict[str, Tensor]:
    """By name; one that two names share stands under both, and is trained under both."""
    left_out = {
        id(tensor)
        for part, module in adapter.parts().items()
        if part in trained
        for tensor in module.state_dict(keep_vars=True).values()
    }
    # An adapter's own buffers are its normalization. Those of the model that no checkpoint holds,
    # such as rotary tables, are made anew in another precision on each device.
    own = {**adapter.state_dict(keep_vars=True), **dict(adapter.named_buffers(recurse=False))}
    return {
        name: tensor
        for name, tensor in own.items()
        if id(tensor) not in left_out and not name.startswith(f"{PART}.")
    }


def _hash_tensors(tensors: Mapping[int, Tensor]) -> dict[int, str]:
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:  # hashing releases the lock
        return dict(zip(tensors, pool.map(_hash_tensor, tensors.values()), strict=True))


def _hash_tensor(tensor: Tensor) -> str:
    """Of shape and values; floats of any precision as bfloat16."""
    dtype = torch.bfloat16 if tensor.is_floating_point() else tensor.dtype
    digest = hashlib.sha256(f"{tuple(tensor.shape)} {dtype}".encode())
    for piece in torch.split(tensor.detach().flatten(), CHUNK):
        digest.update(piece.to(dtype).cpu().contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _hash_text(adapter: Adapter) -> str:
    """Of all that turns a prompt into tokens, and of how much of a frame a token sees."""
    tokenizer = getattr(adapter, "tokenizer", None)
    about = {
        "patch": adapter.patch,
        "system": getattr(adapter, "system", None),
        "chat_template": getattr(tokenizer, "chat_template", None),
        "tokenizer": _describe_tokenizer(tokenizer),
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _describe_tokenizer(tokenizer: Any) -> dict[str, Any] | None:
    """What decides the ids of a text. Padding and truncation change with every call."""
    if tokenizer is None:
        return None
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return {"vocab": tokenizer.get_vocab()}
    whole = json.loads(backend.to_str())
    steps = {name: whole[name] for name in ("added_tokens", "normalizer", "pre_tokenizer")}
    merges = [m.split(" ") if isinstance(m, str) else m for m in whole["model"].get("merges", [])]
    return {**steps, "vocab": whole["model"].get("vocab"), "merges": merges}
