"""What the plan of a stream knows of a release."""

from __future__ import annotations

from typing import NamedTuple


class ReleaseId(NamedTuple):
    name: str
    version: str
    sha256: str
