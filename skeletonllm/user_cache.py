"""Where what can be made again is kept: ``~/.cache/skeletonllm``, or where the user says."""

from __future__ import annotations

import os
from pathlib import Path


def find_user_cache() -> Path:
    """The folder, whether or not it is there; ``XDG_CACHE_HOME`` moves it."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "skeletonllm"
