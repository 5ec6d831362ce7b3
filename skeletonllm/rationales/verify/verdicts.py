"""Verification: is each step of a rationale true of the joints, in its interval, side and order?

Each claim becomes one signal that must rise if the claim holds (a height, an angle, a nearness, a
way). What is asked of it, in this order:

1. seen: the joints were observed in most of the interval, else ``unverifiable``;
2. change: it rises by more than noise, and does not fall more than it rises;
3. time: what rises in the interval is no mere tail of a movement that lies outside;
4. side: the other side does not do it much more;
5. who: between persons, the one named closes the gap, not the other;
6. where: a level or direction that is claimed is the one reached;
7. how often: a count is exact up to two, and about right from three on (:mod:`.counts`);
8. why: a cause does not begin, measurably, after its effect, and carries at least half of it
   (:mod:`.counterfactual`).

Nothing here looks at :func:`skeletonllm.kinematics.events`: whoever composed a rationale from
events is checked by other measurements. In a plane, depth is hidden: what does not show is
``unverifiable`` there unless the opposite, or another side, shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.bodies import Body, extract_bodies
from skeletonllm.kinematics.signals import Array
from skeletonllm.motion import Motion
from skeletonllm.rationales.rationale import Step, Verdict
from skeletonllm.rationales.verify.claim_context import Inspection, Measurement
from skeletonllm.rationales.verify.counterfactual import HALF, measure_carried_share
from skeletonllm.rationales.verify.evidence.counts import (
    find_miscount,
    says_at_some_time,
    says_somewhere,
)
from skeletonllm.rationales.verify.intervals import (
    Interval,
    Rise,
    count_rises,
    find_largest_fall,
    find_largest_rise,
    find_rises,
)
from skeletonllm.rationales.verify.kinds.registry import Look, find_looks

_SEEN = 0.6
"""Share of the interval in which joints must be observed: with less, a gap may hold the move."""
_OPPOSITE = 1.5
"""A fall this many times the rise contradicts it; a movement out and back has about one of each."""
_WHOLE = 0.7
"""Share of a whole movement that must lie in the interval; less is a piece of another one."""
_FILLS = 0.5
"""Share of the interval that the movement must take: who times it this loosely saw another one."""
_ALIKE = 0.45
"""What repeats a movement is at least this share of the largest one."""
_RIVAL = 1.45
"""The other side contradicts if it does this many times as much: then one would name that side."""
_IN_A_PLANE = 3.0
"""How much surer a contradiction must be in a picture, where depth is hidden."""
_ORDER_SLACK_S = 0.15
"""Onsets of smoothed signals are not known better than this."""

LENGTHS = (
    *("raise", "lower", "forward", "backward", "sideways", "swing", "approach", "retreat"),
    *("step", "kick", "push", "pull", "pick_up", "crouch", "sit", "stand", "jump", "hold"),
)
"""Kinds that are measured in statures, and told in metres."""
_PLAIN_IN_A_PLANE = ("raise", "lower")
"""Kinds of which nothing is hidden in a picture; of all others, what does not show may be true."""


def verify_steps(steps: Sequence[Step], motion: Motion) -> tuple[Verdict, ...]:
    """One verdict a step, in order.

    Args:
        steps: Claims; causes name the ids of others among them.
        motion: What they are checked against.

    Example:
        >>> claim = Step(1, 0.4, 1.0, "raise", "hand", side="right")
        >>> verify_steps([claim], waving)[0].verdict  # doctest: +SKIP
        'true'
    """
    people = extract_bodies(motion)
    checked = [_check_step(step, people, motion) for step in steps]
    verdicts = [verdict for verdict, _ in checked]
    onsets = {step.id: onset for step, (_, onset) in zip(steps, checked, strict=True)}
    claims = {step.id: step for step in steps}
    return tuple(
        _check_causes(step, verdict, onsets, claims, (people, motion.fps))
        for step, verdict in zip(steps, verdicts, strict=True)
    )


def _check_step(
    step: Step, people: tuple[Body, ...], motion: Motion
) -> tuple[Verdict, float | None]:
    """Verdict without regard to order, and when the movement measurably begins (seconds)."""
    if not 0 <= step.person < len(people):
        return Verdict("contradicted", reason=f"there are {len(people)} persons"), None
    interval = Interval.of(step.start_s, step.end_s, motion.fps, motion.num_frames)
    if interval is None:
        return Verdict("contradicted", reason="the window lies outside the clip"), None
    found = [
        _best([_look(step, look, interval) for look in looks]) for looks in find_looks(step, people)
    ]
    if not found:
        return Verdict("unverifiable", reason=f"cannot measure {step.motion} {step.part}"), None
    verdict, onset = _combine(step, found)
    unit = people[step.person].stature if motion.metric else 1.0
    scale = unit if step.motion in LENGTHS else 1.0
    onset_s = None if onset is None else onset / motion.fps
    return replace(verdict, measured=verdict.measured * scale), onset_s


Outcome = tuple[Verdict, int | None]


def _best(found: Sequence[Outcome]) -> Outcome:
    """Of measurements of one claim (against the pelvis, against the floor), the most favourable."""
    rank = {"true": 0, "unverifiable": 1, "contradicted": 2}
    return min(found, key=lambda item: rank[item[0].verdict])


def _combine(step: Step, found: Sequence[Outcome]) -> Outcome:
    """``both`` sides must hold; of an unnamed side, one is enough."""
    rank = {"contradicted": 0, "unverifiable": 1, "true": 2}
    pick = min if step.side == "both" else max
    verdict, _ = pick(found, key=lambda item: rank[item[0].verdict])
    onsets = [onset for v, onset in found if onset is not None and v.verdict == verdict.verdict]
    return verdict, min(onsets) if onsets else None


def _look(step: Step, look: Look, interval: Interval) -> Outcome:
    """One way to check a claim: a rise of a signal, or a look at the interval as a whole."""
    if isinstance(look, Measurement):
        return _check_measurement(step, look, interval)
    return _inspect(look, interval)


def _inspect(look: Inspection, interval: Interval) -> Outcome:
    seen = look.observe(interval)
    if seen.seen < _SEEN:
        return Verdict("unverifiable", reason="its joints are not seen there"), None
    if not seen.fault:
        return Verdict("true", seen.amount), seen.onset
    return Verdict("unverifiable" if look.flat else "contradicted", seen.amount, seen.fault), None


def _check_measurement(step: Step, measure: Measurement, interval: Interval) -> Outcome:
    """One measurement of a claim against the joints."""
    signal = measure.signal(interval)
    if np.isfinite(signal[interval.first : interval.last + 1]).mean() < _SEEN:
        return Verdict("unverifiable", reason="its joints are not seen there"), None
    rise, fault = _pick_rise(step, measure, interval, signal)
    if not fault:
        return Verdict("true", rise.amount), rise.onset(signal)
    hidden = measure.flat and step.motion not in _PLAIN_IN_A_PLANE
    doubtful = hidden and not _find_contradiction(measure, interval, signal, rise, _IN_A_PLANE)
    verdict = "unverifiable" if doubtful else "contradicted"
    fall = find_largest_fall(signal, interval)
    return Verdict(verdict, max(rise.amount, -fall.amount, key=abs), fault), None


def _pick_rise(
    step: Step, measure: Measurement, interval: Interval, signal: Array
) -> tuple[Rise, str]:
    """The movement that is meant, and what is wrong with it: the largest of the window.

    Said of all of a clip, any that is as claimed.
    """
    rises = [find_largest_rise(signal, interval)]
    if step.count == 1 and says_at_some_time(interval, len(signal)):
        rises += find_rises(signal, interval, measure.threshold)
    faults = [
        _find_contradiction(measure, interval, signal, rise)
        or _find_omission(step, measure, interval, rise)
        for rise in rises
    ]
    return next(
        ((r, "") for r, fault in zip(rises, faults, strict=True) if not fault),
        (rises[0], faults[0]),
    )


def _find_contradiction(
    measure: Measurement, interval: Interval, signal: Array, rise: Rise, sure: float = 1.0
) -> str:
    """What was seen instead of the claim; ``sure`` times as much of it is asked for."""
    least = max(rise.amount, measure.threshold)
    fall = find_largest_fall(signal, interval)
    back = rise.amount < measure.threshold or not says_at_some_time(interval, len(signal))
    if back and fall.amount > sure * _OPPOSITE * least:
        return "it goes the other way"
    # Said of all of a clip, the other side may do more of it at another time.
    when = Interval(rise.start, rise.end) if not back else interval
    if _rival(measure, when) > max(sure * _RIVAL * rise.amount, sure * measure.threshold):
        return "the other side does it"
    if rise.amount >= measure.threshold and measure.own is not None:
        return "" if measure.own(rise) >= measure.least_own * rise.amount else "the other one moves"
    return ""


def _rival(measure: Measurement, interval: Interval) -> float:
    """How much the other side does of the same; 0 if there is none."""
    if measure.rival is None:
        return 0.0
    return find_largest_rise(measure.rival.signal(interval), interval).amount


def _find_omission(step: Step, measure: Measurement, interval: Interval, rise: Rise) -> str:
    """What is missing in a claim that nothing speaks against; empty if nothing."""
    signal = measure.signal(interval)
    if rise.amount < measure.threshold:
        return "it hardly moves there"
    whole = rise.grown(signal)
    if rise.amount < _WHOLE * whole.amount:
        return "most of that movement lies outside the window"
    if step.count == 1 and not _fills(rise, interval, len(signal)):
        return "it takes a small part of the window only"
    if measure.where is not None and (elsewhere := measure.where(rise)):
        return elsewhere
    if step.count == 1 and says_at_some_time(interval, len(signal)):
        return ""
    least = max(measure.threshold, _ALIKE * rise.amount)
    times = measure.times(interval) if measure.times else count_rises(signal, interval, least)
    return find_miscount(step.count, max(1, times))


def _fills(rise: Rise, interval: Interval, frames: int) -> bool:
    length = interval.last - interval.first
    return says_somewhere(interval, frames) or rise.end - rise.start >= _FILLS * length


def _check_causes(
    step: Step,
    verdict: Verdict,
    onsets: Mapping[int, float | None],
    claims: Mapping[int, Step],
    scene: tuple[Sequence[Body], float],
) -> Verdict:
    """A cause that is missing, begins after its effect, or carries less than half contradicts it.

    ``scene``: the bodies, and frames a second.
    """
    for cause in step.causes:
        if cause == step.id or cause not in claims:
            return replace(verdict, verdict="contradicted", reason=f"there is no cause {cause}")
        mine, theirs = onsets[step.id], onsets[cause]
        claimed = claims[cause].start_s - step.start_s
        measured = claimed if mine is None or theirs is None else theirs - mine
        if max(claimed, measured) > _ORDER_SLACK_S:
            reason = f"its cause {cause} begins {max(claimed, measured):.2f} s later"
            return replace(verdict, verdict="contradicted", reason=reason)
        if (share := measure_carried_share(claims[cause], step, *scene)) < HALF:
            reason = f"it would happen to {1 - share:.0%} without its cause {cause}"
            return replace(verdict, verdict="contradicted", reason=reason)
    return verdict
