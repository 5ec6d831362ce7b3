"""The offline teacher: rationales composed from what a motion measurably does.

It needs no network, no key and no picture; it is never wrong about left and right. It tells only
what the judge calls true, and first what sets the clip apart: the label is never looked at, so a
wrong label gets no explanation made for it. It is also the grounding of language-model teachers,
and the default of every demo.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from skeletonllm.clip import Clip
from skeletonllm.errors import SourceError
from skeletonllm.kinematics import Event, extract_bodies
from skeletonllm.kinematics.detectors.registry import find_all_events
from skeletonllm.kinematics.sensor_faults import (
    SensorFault,
    find_sensor_faults,
    select_trusted_events,
)
from skeletonllm.motion import Motion
from skeletonllm.rationales.compose.candidates import Candidate, find_candidates
from skeletonllm.rationales.compose.causes import link_causes
from skeletonllm.rationales.compose.merging import merge_events
from skeletonllm.rationales.compose.telling import choose_told
from skeletonllm.rationales.language import (
    Measure,
    Phrasing,
    compose_sentence,
    compose_summary,
)
from skeletonllm.rationales.rationale import Rationale, Step
from skeletonllm.rationales.verify.verdicts import verify_steps

_FINER = 0.6
"""Scale of the second look, for motions of the fingertips; finer still shows noise."""
_FEW = 2
"""Fewer claims than this explain nothing: then the second look is taken."""
_MEASURED = (
    *("raise", "lower", "bend", "extend", "lean", "twist", "turn"),
    *("forward", "backward", "sideways", "swing", "approach", "retreat", "step"),
)
"""Kinds of which an amount makes sense: how far, or how wide."""
_DOUBT = ("contradicted", "unverifiable", "true")
_FIRST = {"knee": 0, "torso": 1, "elbow": 2, "foot": 3, "body": 4, "hand": 5}


@dataclass(frozen=True)
class Told:
    """What is told of a motion, before it is put into words.

    Args:
        steps: True claims in the order they begin, with their causes; without texts.
        events: What each was made from.
        main: Ids of the steps that set the clip apart, most first.
        flags: Stretches of which nothing is told, since the sensor was wrong there.
        candidates: All that might have been told, in no order.
    """

    steps: tuple[Step, ...]
    events: tuple[Event, ...]
    main: tuple[int, ...]
    flags: tuple[str, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class KinematicTeacher:
    """Explains a clip by what was measured in it.

    Args:
        name: Stored with each rationale; its number goes up when the same clip would get another
            text.
        measures: Also tell amounts (``by 62 cm``), which no picture shows.

    Example:
        >>> print(KinematicTeacher().rationale(clip).text)  # doctest: +SKIP
    """

    name: str = "kinematic@3"
    measures: bool = False

    def rationale(self, clip: Clip, variant: int = 0) -> Rationale:
        """The causal chain of a clip, checked, ending in ``Label: <label>``.

        Args:
            clip: With a label, or else a caption: then its first caption is the conclusion.
            variant: Another telling of the same claims; the same variant gives the same bytes.

        Raises:
            SourceError: ``unlabelled``: the clip has neither label nor caption, so there is
                nothing to explain.
        """
        return next(self.rationales(clip, [variant]))

    def rationales(self, clip: Clip, variants: Sequence[int]) -> Iterator[Rationale]:
        """One rationale a variant; what is told is found once.

        Args:
            clip: As in :meth:`rationale`.
            variants: Which tellings.

        Raises:
            SourceError: ``unlabelled``.
        """
        label, told = find_label(clip), find_told(clip.motion)
        for variant in variants:
            yield self._compose(clip, label, told, variant)

    def _compose(self, clip: Clip, label: str, told: Told, variant: int) -> Rationale:
        persons = int(clip.motion.present.any(axis=0).sum())
        phrasing = Phrasing(max(persons, 1), variant, clip.clip_id, self.measures)
        steps = _write_texts(told, phrasing) or _tell_stillness(clip.motion, phrasing)
        summary = compose_summary(steps, phrasing, told.main)
        return Rationale(
            rationale_id=f"{clip.clip_id}#{self.name}/{variant}",
            clip_id=clip.clip_id,
            variant=variant,
            attempt=0,
            steps=steps,
            summary=summary,
            text=join_text(summary, steps, label),
            label=label,
            grounded=sum(step.verdict == "true" for step in steps) / len(steps),
            status=_find_status(steps, told),
            teacher=self.name,
            prompt_sha256=None,
            request_sha256=self._request(clip, label, variant),
            flags=told.flags,
        )

    def _request(self, clip: Clip, label: str, variant: int) -> str:
        """Hash of everything the answer depends on."""
        request = {
            "teacher": self.name,
            "measures": self.measures,
            "clip": clip.clip_id,
            "motion": clip.motion.sha256,
            "label": label,
            "variant": variant,
        }
        return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def find_told(motion: Motion) -> Told:
    """What is told of a motion, whatever its label."""
    faults = [
        fault
        for person in range(motion.num_persons)
        for fault in find_sensor_faults(motion, person)
    ]
    candidates = _find_candidates(motion, faults)
    if len(chosen := choose_told(candidates)) < _FEW:
        candidates = _find_candidates(motion, faults, _FINER)
        chosen = choose_told(candidates)
    ordered = sorted(chosen, key=_place)
    steps = [replace(c.step, id=number) for number, c in enumerate(ordered, start=1)]
    linked = _check_causes(link_causes(steps, extract_bodies(motion), motion.fps), motion)
    main = tuple(ordered.index(candidate) + 1 for candidate in chosen)
    flags = tuple(dict.fromkeys(_describe_fault(fault) for fault in faults))
    return Told(linked, tuple(c.event for c in ordered), main, flags, tuple(candidates))


def find_label(clip: Clip) -> str:
    """What a rationale of the clip concludes: its label, or else its first caption, on one line.

    Raises:
        SourceError: ``unlabelled``: it has neither.
    """
    captions = [caption.text for caption in clip.captions if caption.text.strip()]
    label = clip.label or (captions[0] if captions else None)
    if label is None:
        raise SourceError(
            "unlabelled",
            "the clip has neither a label nor a caption",
            where=clip.clip_id,
            hint="A rationale explains a label; leave such clips out of this stage.",
        )
    return " ".join(label.split())


def join_text(summary: str, steps: Sequence[Step], label: str) -> str:
    """What a student learns: summary, numbered steps, and a last line with the label.

    Args:
        summary: A sentence or two.
        steps: With their texts.
        label: What the chain concludes.
    """
    lines = [f"{step.id}. {step.text}" for step in steps]
    return "\n".join([summary, *lines, f"Label: {label}"])


def _find_candidates(
    motion: Motion, faults: Sequence[SensorFault], scale: float = 1.0
) -> list[Candidate]:
    events = select_trusted_events(find_all_events(motion, scale=scale), faults)
    return find_candidates(merge_events(events), motion)


def _place(candidate: Candidate) -> tuple[float, bool, int, float, str, str]:
    """Time to a tenth of a second; within it, what carries comes before what is carried."""
    e = candidate.event
    last = e.motion in ("approach", "retreat", "touch")
    return (round(e.start_s, 1), last, _FIRST.get(e.part, 3), e.start_s, e.side, e.motion)


def _find_status(steps: Sequence[Step], told: Told) -> str:
    """A clip that rests explains nothing, and is kept with that fault; one of which the sensor left
    nothing to tell is not said to rest.
    """
    if told.steps:
        return "accepted"
    return "rejected" if steps[0].verdict == "contradicted" else "kept_with_faults"


def _check_causes(steps: tuple[Step, ...], motion: Motion) -> tuple[Step, ...]:
    """The steps, without causes that the judge does not take: those that begin later."""
    named = {cause for step in steps for cause in step.causes}
    asked = [step for step in steps if step.causes or step.id in named]
    found = zip(asked, verify_steps(asked, motion), strict=True)
    loose = {step.id for step, verdict in found if verdict.verdict != "true"}
    return tuple(replace(step, causes=()) if step.id in loose else step for step in steps)


def _write_texts(told: Told, phrasing: Phrasing) -> tuple[Step, ...]:
    return tuple(
        replace(
            step,
            text=compose_sentence(
                step, told.steps, phrasing, pace=find_pace(event), measure=find_measure(event)
            ),
        )
        for step, event in zip(told.steps, told.events, strict=True)
    )


def find_pace(event: Event) -> str:
    """``quickly``, ``slowly`` or nothing: only what stands out is said."""
    if event.motion in ("hold", "touch", "walk", "run", "circle"):
        return ""
    pace = event.amount / max(event.end_s - event.start_s, 0.1)
    fast, slow = (230.0, 35.0) if event.unit == "degrees" else (1.2, 0.25)
    return "quickly" if pace > fast else "slowly" if pace < slow else ""


def find_measure(event: Event) -> Measure | None:
    """The amount of an event, as it may be told; None of what has no amount, such as a seat."""
    if event.motion not in _MEASURED or event.count > 1:
        return None
    if event.unit == "degrees" and event.part in ("elbow", "knee"):
        return Measure(event.after, "degrees", event.before)
    return Measure(event.amount, event.unit)


def _tell_stillness(motion: Motion, phrasing: Phrasing) -> tuple[Step, ...]:
    """The honest rationale of a clip in which nothing can be told: it rests, if it does.

    A claim of the whole clip says "somewhere", so that each half must rest.
    """
    end = round(motion.duration_s, 3)
    halves = [Step(1, 0.0, end / 2, "hold", "body"), Step(2, end / 2, end, "hold", "body")]
    verdict = min(verify_steps(halves, motion), key=lambda v: _DOUBT.index(v.verdict))
    step = Step(1, 0.0, end, "hold", "body", verdict=verdict.verdict, measured=verdict.measured)
    return (replace(step, text=compose_sentence(step, None, phrasing)),)


def _describe_fault(fault: SensorFault) -> str:
    where = f"{fault.side} {fault.part}" if fault.side != "centre" else fault.part
    times = f"{fault.start_s:.1f} s to {fault.end_s:.1f} s"
    return f"sensor: {fault.what} of the {where}, {times}: {fault.reason}"
