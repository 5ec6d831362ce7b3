"""The version of this package, as installed; ``pyproject.toml`` is where it is written."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__", "name_version"]

try:
    __version__ = version("skeletonllm")
except PackageNotFoundError:  # a checkout on PYTHONPATH
    __version__ = "0+unknown"


def name_version() -> str:
    """``skeletonllm <version>``, as manifests name the program that wrote them."""
    return f"skeletonllm {__version__}"
