"""The version of this package, as installed; ``pyproject.toml`` is where it is written."""

import platform
import zlib
from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__", "name_packers", "name_version"]

try:
    __version__ = version("skeletonllm")
except PackageNotFoundError:  # a checkout on PYTHONPATH
    __version__ = "0+unknown"


def name_version() -> str:
    """``skeletonllm <version>``, as manifests name the program that wrote them."""
    return f"skeletonllm {__version__}"


def name_packers() -> dict[str, str]:
    """Versions of what decides the bytes of a packed sample: Python, numpy and zlib.

    The same motion is the same bytes under the same three; under others its arrays are the same.
    """
    return {
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }
