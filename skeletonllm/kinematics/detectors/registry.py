"""All detectors; a new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from skeletonllm.kinematics.bodies import extract_bodies
from skeletonllm.kinematics.detectors import (
    contacts,
    cycles,
    gait,
    legs,
    loops,
    pick_ups,
    shifts,
    strokes,
    throws,
    trunk,
    whole_body,
)
from skeletonllm.kinematics.events import find_events, sort_events
from skeletonllm.kinematics.scene import Event, Scene
from skeletonllm.motion import Motion

DETECTORS: tuple[Callable[[Scene, int], Iterator[Event]], ...] = (
    contacts.find_touches,
    contacts.find_claps,
    contacts.find_crossings,
    cycles.find_oscillations,
    gait.find_walks,
    gait.find_runs_on_foot,
    legs.find_kicks,
    legs.find_lunges,
    legs.find_leg_oscillations,
    loops.find_circles,
    pick_ups.find_pick_ups,
    shifts.find_shifts,
    shifts.find_stays,
    strokes.find_pushes,
    strokes.find_pulls,
    throws.find_throws,
    throws.find_swings,
    trunk.find_leans,
    trunk.find_twists,
    trunk.find_shrugs,
    whole_body.find_crouches,
    whole_body.find_sits,
    whole_body.find_stands,
    whole_body.find_jumps,
    whole_body.find_holds,
)
_KEPT = ("raise", "lower", "bend", "extend", "approach", "retreat", "step", "turn")
"""Of the events of one signal, those for which there is no detector."""


def find_all_events(motion: Motion, *, scale: float = 1.0) -> tuple[Event, ...]:
    """What happens in a motion: single movements, and what they make together, in time order.

    Args:
        motion: Any skeleton, any number of persons.
        scale: Times the smallest change that counts, as in :func:`find_events`.

    Example:
        >>> [(e.motion, e.side, e.count) for e in find_all_events(clapping)]  # doctest: +SKIP
        [('raise', 'both', 1), ('clap', 'both', 4)]
    """
    scene = Scene(extract_bodies(motion), motion.fps, motion.metric, scale)
    found = [e for e in find_events(motion, scale=scale) if _is_kept(e)]
    for person, body in enumerate(scene.bodies):
        if np.isfinite(body.stature):
            found += [event for detect in DETECTORS for event in detect(scene, person)]
    return sort_events(found)


def _is_kept(event: Event) -> bool:
    return event.motion in _KEPT and event.part != "torso"
