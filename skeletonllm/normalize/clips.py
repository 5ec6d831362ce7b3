"""Steps on clips that change nothing but which person rows there are, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skeletonllm.clip import Clip
from skeletonllm.errors import SourceError
from skeletonllm.normalize.persons import absent, ghosts, main_first

GHOST = "ghost_dropped"
"""Quality flag: a person who showed too few joints was left out."""


def select_persons(clip: Clip, persons: Sequence[int]) -> Clip:
    """The clip of the given person rows, in the given order, with their ids."""
    if tuple(persons) == tuple(range(clip.motion.num_persons)):
        return clip
    return replace(
        clip,
        motion=clip.motion.select_persons(persons),
        person_ids=tuple(clip.person_ids[person] for person in persons),
        filled=None if clip.filled is None else clip.filled[:, list(persons)],
        slots=None if clip.slots is None else clip.slots[:, list(persons)],
    )


def add_quality(clip: Clip, flag: str) -> Clip:
    """The clip with a quality flag, once."""
    return clip if flag in clip.quality else replace(clip, quality=(*clip.quality, flag))


def drop_nobodies(clip: Clip) -> Clip:
    """Leave out persons who are never present, and ghosts (with a quality flag).

    Raises:
        SourceError: ``no_body`` where nobody is left.
    """
    empty, thin = absent(clip.motion), ghosts(clip.motion)
    kept = [p for p in range(clip.motion.num_persons) if p not in (*empty, *thin)]
    if not kept:
        found = f"{clip.motion.num_persons} persons, none with enough observed joints"
        raise SourceError("no_body", found, where=clip.clip_id)
    return select_persons(
        add_quality(clip, GHOST) if set(thin) - set(empty) else clip,
        kept,
    )


def order_persons(clip: Clip) -> Clip:
    """The main person in row 0, see :func:`skeletonllm.normalize.persons.main_first`."""
    return select_persons(clip, main_first(clip.motion))
