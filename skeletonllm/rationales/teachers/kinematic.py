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
from skeletonllm.kinematics import bodies, events
from skeletonllm.kinematics.rest import restless_part
from skeletonllm.motion import Motion
from skeletonllm.prompts.rationale import PROMPT_VERSION, hash_prompts
from skeletonllm.rationales.compose.causal_links import Link, links
from skeletonllm.rationales.compose.salient_events import Fact, facts
from skeletonllm.rationales.compose.sentences import chain
from skeletonllm.rationales.compose.summary import summary
from skeletonllm.rationales.compose.wording import Voice, sentence, size
from skeletonllm.rationales.rationale import Rationale, Step
from skeletonllm.rationales.verify.verdicts import verify

_FINER = 0.6
_FEW = 2


@dataclass(frozen=True)
class KinematicTeacher:
    """Explains a clip by its measured events.

    Args:
        name: Stored with each rationale; goes up when the same clip would be told differently.
        attempts: 1 tells every fact as first composed; with 2, what the judge contradicts is left
            out and the rest composed again.

    Example:
        >>> print(KinematicTeacher().rationale(clip).text)  # doctest: +SKIP
    """

    name: str = "kinematic@1"
    attempts: int = 2

    def rationale(self, clip: Clip, variant: int = 0) -> Rationale:
        """The causal chain of a clip, checked, ending in ``Label: <label>``.

        Args:
            clip: With a label, or else a caption: then its first caption is the conclusion.
            variant: Another telling of the same facts; the same variant gives the same bytes.

        Raises:
            SourceError: ``unlabelled``: the clip has neither label nor caption, so there is
                nothing to explain.
        """
        label = _label(clip)
        voice = Voice(int(clip.motion.present.any(axis=0).sum()), variant)
        told, attempt = self._facts(clip.motion)
        steps = _steps(told, voice) or _stillness(clip.motion)
        opening = _opening(told, clip.motion, voice) if told else steps[0].text
        steps, attempt = self._checked(steps, clip.motion, attempt)
        return Rationale(
            rationale_id=f"{clip.clip_id}#{self.name}/{variant}",
            clip_id=clip.clip_id,
            variant=variant,
            attempt=attempt,
            steps=steps,
            summary=opening,
            text=_text(opening, steps if told else (), label),
            label=label,
            grounded=sum(step.verdict == "true" for step in steps) / len(steps),
            status=_status(steps, measured=bool(told)),
            teacher=self.name,
            prompt_sha256=hash_prompts(),
            request_sha256=self._request(clip, label, variant),
        )

    def _facts(self, motion: Motion) -> tuple[tuple[Fact, ...], int]:
        """The facts to tell, and 1 if the judge had some left out."""
        told = facts(events(motion))
        if len(told) < _FEW:
            told = facts(events(motion, scale=_FINER))
        if self.attempts < 2:
            return told, 0
        verdicts = verify([_claim(i + 1, fact) for i, fact in enumerate(told)], motion)
        kept = tuple(
            fact
            for fact, verdict in zip(told, verdicts, strict=True)
            if verdict.verdict != "contradicted"
        )
        return kept, int(len(kept) < len(told))

    def _checked(
        self, steps: Sequence[Step], motion: Motion, attempt: int
    ) -> tuple[tuple[Step, ...], int]:
        """Verdicts on the steps; with attempts left, a cause that the judge denies is dropped."""
        judged = _judged(steps, motion)
        if self.attempts > 1 and any(step.verdict == "contradicted" for step in judged):
            loose = [replace(s, causes=()) if s.verdict == "contradicted" else s for s in judged]
            return _judged(loose, motion), 1
        return judged, attempt

    def _request(self, clip: Clip, label: str, variant: int) -> str:
        """Hash of everything the answer depends on."""
        request = {
            "teacher": self.name,
            "attempts": self.attempts,
            "prompt": PROMPT_VERSION,
            "motion": clip.motion.sha256,
            "label": label,
            "variant": variant,
        }
        return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def _label(clip: Clip) -> str:
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


def _steps(told: Sequence[Fact], voice: Voice) -> tuple[Step, ...]:
    linked = links(told)
    texts = chain(told, linked, voice)
    return tuple(
        replace(_claim(i + 1, fact), causes=_causes(linked[i]), text=texts[i])
        for i, fact in enumerate(told)
    )


def _opening(told: Sequence[Fact], motion: Motion, voice: Voice) -> str:
    there = np.flatnonzero(motion.present.any(axis=0))
    people = [body for person, body in enumerate(bodies(motion)) if person in there]
    return summary(told, people, motion.metric, voice)


def _causes(found: Sequence[Link]) -> tuple[int, ...]:
    return tuple(sorted(link.cause + 1 for link in found))


def _claim(number: int, fact: Fact) -> Step:
    e = fact.event
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
        count=fact.count,
    )


def _judged(steps: Sequence[Step], motion: Motion) -> tuple[Step, ...]:
    return tuple(
        replace(step, verdict=verdict.verdict, measured=verdict.measured)
        for step, verdict in zip(steps, verify(steps, motion), strict=True)
    )


def _stillness(motion: Motion) -> tuple[Step, ...]:
    """The honest rationale of a clip in which nothing measurable happens."""
    found = [restless_part(body) for body in bodies(motion)]
    part, reach = max(found, key=lambda item: np.nan_to_num(item[1]))
    if not np.isfinite(reach):
        text = "The body is hardly seen, so no movement can be told from noise"
    else:
        scale = max(np.nan_to_num(b.stature) for b in bodies(motion)) if motion.metric else 1.0
        far = size(reach * scale, "metres" if motion.metric else "statures")
        text = f"no part of the body moves more than {far}, and that is {part}"
    end = round(motion.duration_s, 3)
    return (Step(1, 0.0, end, "hold", "body", text=sentence(text)),)


def _text(opening: str, steps: Sequence[Step], label: str) -> str:
    lines = [f"{step.id}. {step.text}" for step in steps]
    return "\n".join([opening, *lines, f"Label: {label}"])


def _status(steps: Sequence[Step], *, measured: bool) -> str:
    """A still clip explains nothing, so it is kept with that fault."""
    contradicted = sum(step.verdict == "contradicted" for step in steps)
    if contradicted > len(steps) / 2:
        return "rejected"
    return "accepted" if measured and not contradicted else "kept_with_faults"
