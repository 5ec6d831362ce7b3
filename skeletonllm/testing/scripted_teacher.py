"""A teacher that knows the truth and lies at a known rate: judges of teachers are tried on it.

It recognizes a clip by the bytes of the pictures that it is sent, as a fake endpoint passes them
on, tells what :class:`KinematicTeacher` measured, and falsifies a share of the claims. Told which
steps the joints contradict, it mends most of them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.draction.renderers import Renderer
from skeletonllm.errors import UsageError
from skeletonllm.rationales.rationale import Rationale, Step
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher
from skeletonllm.rationales.teachers.online import TeacherSettings
from skeletonllm.visualization.teacher_pictures import PictureRecipe, draw_teacher_pictures

_PAIRS = ("left right", "raise lower", "bend extend", "approach retreat", "up down", "forward back")
_OPPOSITE = {a: b for pair in _PAIRS for a, b in (pair.split(), pair.split()[::-1])}
_MOTIONS = ("raise", "lower", "bend", "extend", "approach", "retreat")


class ScriptedTeacher:
    """Answers bodies of chat requests about known clips.

    The same body gets the same answer: lies are drawn from the seed, the clip and the claim, and
    from the ``seed`` of the body, if there is one.

    Args:
        clips: All that it may be asked about.
        settings: Of the job that asks; what it shows is recognized.
        renderer: Of the job that asks.
        lie_rate: Share of claims that are falsified, 0..1.
        seed: Other lies, at the same rate.
        truthful_after_facts: Share of the lies that were found out and are then mended.

    Example:
        >>> teacher = ScriptedTeacher(clips, settings, renderer, 0.3)  # doctest: +SKIP
        >>> teacher(request.body())[:12]  # doctest: +SKIP
        '{"summary": '
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        settings: TeacherSettings,
        renderer: Renderer,
        lie_rate: float = 0.0,
        seed: int = 0,
        *,
        truthful_after_facts: float = 0.9,
    ) -> None:
        self.lie_rate, self.seed, self.truthful_after_facts = lie_rate, seed, truthful_after_facts
        self._truths: dict[str, Rationale] = {}
        recipe = PictureRecipe(**settings.to_recipe())
        for clip in clips:
            truth = KinematicTeacher().rationale(clip)
            for picture in draw_teacher_pictures(clip, recipe, renderer):
                self._truths[hashlib.sha256(picture.data).hexdigest()] = truth

    def __call__(self, body: Mapping[str, Any]) -> str:
        """The answer to a request's body, a JSON object as text.

        Raises:
            UsageError: The body shows no known clip.
        """
        truth = self._recognize(body)
        draw = f"{self.seed}\0{body.get('seed', 0)}\0{truth.clip_id}"
        found_out = _list_contradicted(body)
        steps = [
            _to_json(self._tell(step, f"{draw}\0{step.id}", step.id in found_out))
            for step in truth.steps
        ]
        said = {"summary": truth.summary, "steps": steps, "label": truth.label}
        return json.dumps(said, ensure_ascii=False)

    def _recognize(self, body: Mapping[str, Any]) -> Rationale:
        for data in _find_pictures(body):
            known = self._truths.get(hashlib.sha256(data).hexdigest())
            if known is not None:
                return known
        raise UsageError("the request shows no known clip", expected="a picture of a given clip")

    def _tell(self, step: Step, draw: str, found_out: bool) -> Step:
        lies = _draw_share(draw + "\0lie") < self.lie_rate
        mended = found_out and _draw_share(draw + "\0mend") < self.truthful_after_facts
        return falsify_step(step, draw) if lies and not mended else step


def falsify_step(step: Step, draw: str) -> Step:
    """The claim with its side swapped, or else with its motion or direction reversed.

    Args:
        step: A true claim.
        draw: What the choice is drawn from. A claim of which nothing can be reversed is told of
            another person.
    """
    reversible = step.motion in _MOTIONS or step.direction in _OPPOSITE
    if step.side in ("left", "right") and (not reversible or _draw_share(draw + "\0kind") < 0.5):
        return replace(step, side=_OPPOSITE[step.side])
    if not reversible:
        return replace(step, person=step.person + 1)
    motion = _OPPOSITE[step.motion] if step.motion in _MOTIONS else step.motion
    return replace(step, motion=motion, direction=_OPPOSITE.get(step.direction, ""))


def _draw_share(draw: str) -> float:
    """0..1, from the text alone."""
    return int.from_bytes(hashlib.sha256(draw.encode()).digest()[:7], "big") / 2**56


def _to_json(step: Step) -> dict[str, Any]:
    names = "id start_s end_s person side part motion target direction count".split()
    side = "" if step.side == "centre" else f"{step.side} "
    text = f"Person {step.person}, {side}{step.part}: {step.motion} {step.direction}".strip()
    claim = {name: getattr(step, name) for name in names}
    return {**claim, "causes": list(step.causes), "text": f"{text}."}


def _find_pictures(body: Mapping[str, Any]) -> Iterator[bytes]:
    for message in body["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "image_url":
                yield base64.b64decode(part["image_url"]["url"].partition(",")[2])


def _list_contradicted(body: Mapping[str, Any]) -> set[int]:
    """Ids of the steps that any message so far has called wrong."""
    texts = [m["content"] for m in body["messages"] if isinstance(m["content"], str)]
    said = "\n".join(text for text in texts if text.startswith("The joints say:"))
    return {int(number) for number in re.findall(r"^step (\d+):", said, re.MULTILINE)}
