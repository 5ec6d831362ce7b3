"""Flags of the verbs that take a raw file: what the file itself may not say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RawFlags:
    """How raw files are read."""

    corpus: str | None = None
    """Reader of raw files; tried one after the other if not given."""
    image_size: str | None = None
    """Width and height of the pictures, as 1920x1080, where raw files do not state them."""
