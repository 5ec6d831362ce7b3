"""Two releases of synthesized motions, the later one with what strains a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from skeletonllm.clip import Caption, Clip
from skeletonllm.release import cut_release
from tests.skeletonllm.release.conftest import clip, write_stages

LONG = "W" * 300
"""A word that no screen has room for."""
UNSEEN = "alpha/007"
"""A clip of which no joint was observed."""
CAPTIONED, NAMELESS = "alpha/005", "beta/000"
"""Clips without a label: one has a caption, the other nothing."""
CAPTION = "a person walks to the door and waves"
CHANGES = {
    **{"alpha/008": "added", "alpha/009": "removed"},
    **{"alpha/001": "changed", "alpha/002": "same"},
}
"""What became of some clips."""


@dataclass(frozen=True)
class Releases:
    """Folders of both.

    Args:
        old: The earlier one.
        new: What replaces it.
    """

    old: str
    new: str


def make_releases(root: Path) -> Releases:
    """Cut both.

    Args:
        root: Empty folder.
    """
    first, second = list(_list_clips()), list(_list_others())
    plain = [each for each in first if each.clip_id != "alpha/008"]
    before = [_as_before(each) for each in (*plain, _named(9))]
    old = write_stages(root / "old", before, second)
    parent = cut_release(str(root), "long", "1.0.0", code="test", **old)
    new = write_stages(root / "new", first, second)
    return Releases(
        parent, cut_release(str(root), "long", "1.1.0", parent=parent, code="test", **new)
    )


def _named(number: int) -> Clip:
    return clip("alpha", number, licence="cc-by-4.0")


def _as_before(now: Clip) -> Clip:
    return replace(now, subject="S9") if now.clip_id == "alpha/001" else now


def _list_clips() -> Iterator[Clip]:
    for number in range(9):
        made = _named(number)
        if number == 3:
            made = replace(made, label=LONG, label_id=3, source_uri=f"raw/{LONG}", subject=LONG)
        if number == 4:
            made = replace(made, label="constructor", label_id=4)
        if made.clip_id == CAPTIONED:
            made = _without_label(made, CAPTION)
        if made.clip_id == UNSEEN:
            made = replace(made, motion=replace(made.motion, confidence=0 * made.motion.confidence))
        yield made


def _list_others() -> Iterator[Clip]:
    for number in range(3):
        made = clip("beta", number, licence="nw_ucla", image=True)
        yield _without_label(made, None) if made.clip_id == NAMELESS else made


def _without_label(made: Clip, caption: str | None) -> Clip:
    captions = () if caption is None else (Caption(caption), Caption("and again"))
    nothing = {"label": None, "label_id": None, "label_namespace": None}
    return replace(made, **nothing, captions=captions)  # type: ignore[arg-type]
