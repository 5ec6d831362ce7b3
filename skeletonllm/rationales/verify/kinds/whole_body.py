"""Claims of the whole body: jumping, crouching, sitting down, standing up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array, finite_quantile
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Inspection,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes
from skeletonllm.rationales.verify.evidence.stretches import find_masked
from skeletonllm.rationales.verify.intervals import Interval, Rise

OFF_THE_FLOOR = 0.03
"""Both ankles are this much above the floor, in statures (5 cm), in a jump: three times what they
shake."""
JUMPS = 0.045
"""And get at least this high, in statures (8 cm)."""
CARRIED, CARRIED_SHARE = 0.03, 0.5
"""Least rise of the pelvis above where it stands, in statures (5 cm) and as a share of that of the
feet: who only draws up the feet sits, and ankles that alone go up are the sensor's fault."""
LONGEST_JUMP_S = 1.0
"""Nobody stays in the air longer: that is 1.2 m high."""
FLOOR_S = 2.0
"""The floor is where the feet were lowest this long before and after: far from a tilted sensor it
looks higher."""
SINKS = 0.07
"""Least fall or rise of the pelvis over the feet, in statures (12 cm)."""
KNEES = 25.0
"""Least bend or stretch of both knees in it, in degrees: a thigh and a shank of 0.25 statures that
bend by 25 degrees lower the pelvis by 0.02 from straight and 0.07 from there on."""
BEHIND_THE_FEET = 0.1
"""A pelvis farther than this behind the ankles, in statures (17 cm), is on a seat, one that is not
is over the feet: 0.02 to 0.07 in squats of UTD-MHAD, 0.13 to 0.27 on its chairs."""
UNSURE = -0.05
"""A pelvis between this and :data:`BEHIND_THE_FEET` may be on a seat as well, where the sensor sees
a person from the side or from above, as in NW-UCLA; then it must stay for longer."""
SEAT = 0.29
"""A pelvis that sits is no higher than this above the knees, in statures: Kinect sets the pelvis
0.05 above the hip joints, and stools of NW-UCLA are high; standing it is 0.33 above them."""
STAYS_S, STAYS_LONG_S, RISES = 0.4, 0.8, 0.6
"""Who sits down stays for as long, or to the end of the clip; who squats rises at once, by more
than this share of the way down: who bows to sit down and leans back then seems to rise by half."""
UPRIGHT = 140.0
"""Knees of who has stood up are at least as open, in degrees."""

_FEET = ("left_foot", "right_foot")


def measure_jump(context: ClaimContext) -> list[Inspection]:
    """Both feet leave the floor, the pelvis rises, and both land."""

    def find(who: ClaimContext, _: Interval) -> Sequence[Episode]:
        return _find_jumps(who.body)

    return [inspect_episodes(context, find, (*_FEET, "pelvis"), "the feet stay on the floor")]


def measure_crouch(context: ClaimContext) -> list[Measurement]:
    """The pelvis comes down over the feet because both knees bend."""
    behind = _measure_behind(context.body)

    def where(rise: Rise) -> str:
        if _knees(context.body, rise) < KNEES:
            return "the knees do not bend"
        return "it sits" if behind[rise.end] > BEHIND_THE_FEET else ""

    return [_pelvis(context, -1.0, where)]


def measure_sit(context: ClaimContext) -> list[Measurement]:
    """The pelvis comes down to the height of the knees, behind the feet, and stays."""
    body, behind = context.body, _measure_behind(context.body)
    above = _above(body, "knee")

    def where(rise: Rise) -> str:
        while_s = STAYS_LONG_S if behind[rise.end] < BEHIND_THE_FEET else STAYS_S
        after = above[rise.end : rise.end + round(while_s * body.fps) + 1]
        if np.nanmin(after) > SEAT:
            return "it does not get down to a seat"
        if behind[rise.end] < UNSURE:
            return "it stays over the feet"
        back_up = np.nanmax(after) - above[rise.end]
        return "it does not stay down" if back_up > max(SINKS, RISES * rise.amount) else ""

    return [_pelvis(context, -1.0, where)]


def measure_stand(context: ClaimContext) -> list[Measurement]:
    """The pelvis comes up because knees extend, which are nearly straight then."""

    def where(rise: Rise) -> str:
        if _knees(context.body, rise) < KNEES:
            return "the knees do not extend"
        end = min(context.body.angle("knee", side)[rise.end] for side in ("left", "right"))
        return "it does not get upright" if end < UPRIGHT else ""

    return [_pelvis(context, 1.0, where)]


def _pelvis(context: ClaimContext, sign: float, where: Callable[[Rise], str]) -> Measurement:
    signal = sign * _above(context.body, "foot")
    return Measurement(ignore_window(signal), SINKS, context.flat, where=where)


def _above(body: Body, joint: str) -> Array:
    """Height [T] of the pelvis above the lower knee or foot, in statures: the other may kick."""
    lower = np.minimum(body.point(f"left_{joint}")[:, 1], body.point(f"right_{joint}")[:, 1])
    above: Array = (body.point("pelvis")[:, 1] - lower) / body.stature
    return above


def _measure_behind(body: Body) -> Array:
    """How far [T] the pelvis is behind the middle of the ankles, in statures; NaN in a plane."""
    feet = (body.point("left_foot") + body.point("right_foot")) / 2
    back = np.sum((feet - body.point("pelvis")) * LEVEL * body.forward(), axis=1)
    return back / body.stature


def _knees(body: Body, rise: Rise) -> float:
    """The lesser change of both knees over a rise, in degrees; in a plane, where a knee that bends
    towards the camera does not show, as much as is asked."""
    if body.topology.dims == 2:
        return KNEES
    angles = [body.angle("knee", side) for side in ("left", "right")]
    return float(min(abs(angle[rise.end] - angle[rise.start]) for angle in angles))


def _find_jumps(body: Body) -> list[Episode]:
    heights = [_above_floor(body.height(foot, above=""), body.fps) for foot in _FEET]
    lower, found = np.minimum(*heights), []
    pelvis = body.height("pelvis", above="")
    pelvis = pelvis - finite_quantile(pelvis, 0.5)
    for start, end in find_masked(np.nan_to_num(lower) > OFF_THE_FLOOR):
        top = float(lower[start : end + 1].max())
        carried = finite_quantile(pelvis[start : end + 1], 1.0)
        lands = start > 0 and end < len(lower) - 1
        if top < JUMPS or not lands or end - start > LONGEST_JUMP_S * body.fps:
            continue
        fault = "" if carried >= max(CARRIED, CARRIED_SHARE * top) else "the body does not rise"
        found.append(Episode(start, end, top, fault))
    return found


def _above_floor(height: Array, fps: float) -> Array:
    """Height [T] above the lowest place within :data:`FLOOR_S`."""
    reach = round(FLOOR_S * fps)
    floor = [
        finite_quantile(height[max(0, t - reach) : t + reach + 1], 0.1) for t in range(len(height))
    ]
    return height - np.array(floor)
