"""Reading a checkpoint of any family: model, tokenizer, and how its pictures are prepared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer
from transformers.image_processing_base import ImageProcessingMixin
from transformers.utils.hub import cached_file

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import LoadOptions

ATTENTIONS = ("sdpa", "flash_attention_2", "eager")
"""What :class:`LoadOptions` may name."""

PROCESSOR_FILES = ("processor_config.json", "video_preprocessor_config.json")
"""What the library's processors read beside tokenizer and pictures."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a folder or a Hugging Face repository holds.

    Args:
        model: Of the class that was asked for.
        tokenizer: Its tokenizer.
        picture: Content of its ``preprocessor_config.json``: mean, standard deviation and more.
        files: Texts of other files of its processor, by name.
    """

    model: Any
    tokenizer: Any
    picture: Mapping[str, Any]
    files: Mapping[str, str]


def read_checkpoint(kind: Any, source: str, options: LoadOptions, *, like: str) -> Checkpoint:
    """The checkpoint at ``source``, on the CPU.

    Args:
        kind: A class of `transformers` with ``from_pretrained``.
        source: A folder or repository.
        options: Dtype and attention apply.
        like: Name of a checkpoint that would fit, for the hint.

    Raises:
        UsageError: No such checkpoint, or attention that this machine cannot run.
    """
    check_attention(options.attention)
    try:
        return Checkpoint(
            kind.from_pretrained(
                source, dtype=options.dtype, attn_implementation=options.attention
            ),
            AutoTokenizer.from_pretrained(source),
            ImageProcessingMixin.get_image_processor_dict(source)[0],
            _read_files(source),
        )
    except ImportError as error:
        raise _no_attention(options.attention, error) from error
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"no checkpoint of {kind.__name__} ({type(error).__name__})",
            where=source,
            hint=f"Give a folder or repository as {like} is.",
        ) from error


def save_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Write what :func:`read_checkpoint` reads.

    Args:
        checkpoint: Model, tokenizer and pictures.
        folder: Folder to write.
    """
    checkpoint.model.save_pretrained(folder)
    checkpoint.tokenizer.save_pretrained(folder)
    picture = json.dumps(dict(checkpoint.picture), indent=2)
    files = {**checkpoint.files, "preprocessor_config.json": picture + "\n"}
    for name, text in files.items():
        (folder / name).write_text(text)


def set_attention(model: Any, attention: str) -> None:
    """Let a model that was made here, not loaded, use this attention.

    Args:
        model: A model of `transformers`.
        attention: One of :data:`ATTENTIONS`.

    Raises:
        UsageError: An unknown name, or attention that this machine cannot run.
    """
    check_attention(attention)
    try:
        model.set_attn_implementation(attention)
    except (ImportError, ValueError) as error:
        raise _no_attention(attention, error) from error


@contextmanager
def use_attention(model: Any, attention: str) -> Iterator[None]:
    """Let a model use this attention for a while.

    Args:
        model: A model of `transformers`, such as a decoder.
        attention: One of :data:`ATTENTIONS`, that this machine can run.
    """
    own = model.config._attn_implementation
    model.config._attn_implementation = attention
    try:
        yield
    finally:
        model.config._attn_implementation = own


def check_attention(attention: str) -> None:
    """Raise unless the name is one of :data:`ATTENTIONS`.

    Raises:
        UsageError: It is not.
    """
    if attention not in ATTENTIONS:
        raise UsageError(f"attention {attention!r}", expected=f"one of {', '.join(ATTENTIONS)}")


def _read_files(source: str) -> dict[str, str]:
    found = {
        name: cached_file(source, name, _raise_exceptions_for_missing_entries=False)
        for name in PROCESSOR_FILES
    }
    return {name: Path(path).read_text() for name, path in found.items() if path}


def _no_attention(attention: str, error: Exception) -> UsageError:
    return UsageError(
        f"attention {attention} does not run here ({error})",
        hint="It needs a GPU and its package (flash-attn). sdpa is part of torch.",
    )
