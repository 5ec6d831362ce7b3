"""The offline teacher: rationales composed from what a motion measurably does.

It needs no network, no key and no picture; it is never wrong about left and right. It is also the
grounding of language-model teachers, and the default of every demo.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.errors import SourceError
from skeletonllm.kinematics import extract_bodies, find_events
from skeletonllm.kinematics.rest import find_most_mobile_part
from skeletonllm.motion import Motion
from skeletonllm.rationales.compose.causal_links import CausalLink, find_causal_links
from skeletonllm.rationales.compose.salient_events import SalientEvent, select_salient_events
from skeletonllm.rationales.compose.sentences import compose_sentences
from skeletonllm.rationales.compose.summary import compose_summary
from skeletonllm.rationales.compose.wording import Phrasing, format_amount, format_sentence
from skeletonllm.rationales.rationale import Rationale, Step
from skeletonllm.rationales.verify.verdicts import verify_steps

_FINER = 0.6
"""Scale of the second look, for motions of the fingertips; finer still shows noise."""
_FEW = 2
"""Fewer salient events than this explain nothing: then the second look is taken."""


@dataclass(frozen=True)
class KinematicTeacher:
    """Explains a clip by its measured events.

    Args:
        name: Stored with each rationale; its number goes up when the same clip would get another
            text.
        attempts: 1 writes every salient event as first composed; with 2, what the joints
            contradict is left out and the rest composed again.

    Example:
        >>> print(KinematicTeacher().rationale(clip).text)  # doctest: +SKIP
    """

    name: str = "kinematic@1"
    attempts: int = 2

    def rationale(self, clip: Clip, variant: int = 0) -> Rationale:
        """The causal chain of a clip, checked, ending in ``Label: <label>``.

        Args:
            clip: With a label, or else a caption: then its first caption is the conclusion.
            variant: Another telling of the same salient events; the same variant gives the same
            bytes.

        Raises:
            SourceError: ``unlabelled``: the clip has neither label nor caption, so there is
                nothing to explain.
        """
        label = find_label(clip)
        phrasing = Phrasing(int(clip.motion.present.any(axis=0).sum()), variant)
        salient_events, attempt = self._facts(clip.motion)
        steps = _steps(salient_events, phrasing) or _stillness(clip.motion)
        opening = (
            _opening(salient_events, clip.motion, phrasing) if salient_events else steps[0].text
        )
        steps, attempt = self._checked(steps, clip.motion, attempt)
        return Rationale(
            rationale_id=f"{clip.clip_id}#{self.name}/{variant}",
            clip_id=clip.clip_id,
            variant=variant,
            attempt=attempt,
            steps=steps,
            summary=opening,
            text=_text(opening, steps if salient_events else (), label),
            label=label,
            grounded=sum(step.verdict == "true" for step in steps) / len(steps),
            status=_status(steps, measured=bool(salient_events)),
            teacher=self.name,
            prompt_sha256=None,
            request_sha256=self._request(clip, label, variant),
        )

    def _facts(self, motion: Motion) -> tuple[tuple[SalientEvent, ...], int]:
        """The salient events, and 1 if some were left out because the joints contradict them."""
        salient_events = select_salient_events(find_events(motion))
        if len(salient_events) < _FEW:
            salient_events = select_salient_events(find_events(motion, scale=_FINER))
        if self.attempts < 2:
            return salient_events, 0
        verdicts = verify_steps(
            [_claim(i + 1, salient_event) for i, salient_event in enumerate(salient_events)], motion
        )
        kept = tuple(
            salient_event
            for salient_event, verdict in zip(salient_events, verdicts, strict=True)
            if verdict.verdict != "contradicted"
        )
        return kept, int(len(kept) < len(salient_events))

    def _checked(
        self, steps: Sequence[Step], motion: Motion, attempt: int
    ) -> tuple[tuple[Step, ...], int]:
        """Verdicts on the steps; with attempts left, a contradicted step loses its causes."""
        verified = _verified(steps, motion)
        if self.attempts > 1 and any(step.verdict == "contradicted" for step in verified):
            loose = [replace(s, causes=()) if s.verdict == "contradicted" else s for s in verified]
            return _verified(loose, motion), 1
        return verified, attempt

    def _request(self, clip: Clip, label: str, variant: int) -> str:
        """Hash of everything the answer depends on."""
        request = {
            "teacher": self.name,
            "attempts": self.attempts,
            "motion": clip.motion.sha256,
            "label": label,
            "variant": variant,
        }
        return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


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


def _steps(salient_events: Sequence[SalientEvent], phrasing: Phrasing) -> tuple[Step, ...]:
    linked = find_causal_links(salient_events)
    texts = compose_sentences(salient_events, linked, phrasing)
    return tuple(
        replace(_claim(i + 1, salient_event), causes=_causes(linked[i]), text=texts[i])
        for i, salient_event in enumerate(salient_events)
    )


def _opening(salient_events: Sequence[SalientEvent], motion: Motion, phrasing: Phrasing) -> str:
    there = np.flatnonzero(motion.present.any(axis=0))
    people = [body for person, body in enumerate(extract_bodies(motion)) if person in there]
    return compose_summary(salient_events, people, motion.metric, phrasing)


def _causes(found: Sequence[CausalLink]) -> tuple[int, ...]:
    return tuple(sorted(link.cause + 1 for link in found))


def _claim(number: int, salient_event: SalientEvent) -> Step:
    e = salient_event.event
    return Step(
        id=number,
        start_s=round(e.start_s, 3),
        end_s=round(e.end_s, 3),
        motion=e.motion,
        part=e.part,
        side=e.side,
        person=e.person,
        target=e.target,
        direction=e.direction,
        count=salient_event.count,
    )


def _verified(steps: Sequence[Step], motion: Motion) -> tuple[Step, ...]:
    return tuple(
        replace(step, verdict=verdict.verdict, measured=verdict.measured)
        for step, verdict in zip(steps, verify_steps(steps, motion), strict=True)
    )


def _stillness(motion: Motion) -> tuple[Step, ...]:
    """The honest rationale of a clip in which nothing measurable happens."""
    found = [find_most_mobile_part(body) for body in extract_bodies(motion)]
    part, reach = max(found, key=lambda item: np.nan_to_num(item[1]))
    if not np.isfinite(reach):
        text = "The body is hardly seen, so no movement can be salient_events from noise"
    else:
        scale = (
            max(np.nan_to_num(b.stature) for b in extract_bodies(motion)) if motion.metric else 1.0
        )
        far = format_amount(reach * scale, "metres" if motion.metric else "statures")
        text = f"no part of the body moves more than {far}, and that is {part}"
    end = round(motion.duration_s, 3)
    return (Step(1, 0.0, end, "hold", "body", text=format_sentence(text)),)


def _text(opening: str, steps: Sequence[Step], label: str) -> str:
    lines = [f"{step.id}. {step.text}" for step in steps]
    return "\n".join([opening, *lines, f"Label: {label}"])


def _status(steps: Sequence[Step], *, measured: bool) -> str:
    """A still clip explains nothing, so it is kept with that fault."""
    contradicted = sum(step.verdict == "contradicted" for step in steps)
    if contradicted > len(steps) / 2:
        return "rejected"
    return "accepted" if measured and not contradicted else "kept_with_faults"
