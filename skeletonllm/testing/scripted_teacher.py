"""A teacher that knows the truth and lies at a known rate: judges of teachers are tried on it.

It recognizes a clip by the bytes of the pictures that it is sent, as a fake endpoint passes them
on, tells what :class:`KinematicTeacher` measured, and falsifies a share of the claims. Told which
steps the joints contradict, or what was measured, it mends most of them.
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
        self._by_clip = {clip.clip_id: KinematicTeacher().rationale(clip) for clip in clips}
        for clip in clips:
            truth = self._by_clip[clip.clip_id]
            for picture in draw_teacher_pictures(clip, recipe, renderer):
                self._truths[hashlib.sha256(picture.data).hexdigest()] = truth

    def __call__(self, body: Mapping[str, Any]) -> str:
        """The answer to a request's body, a JSON object as text.

        Raises:
            UsageError: The body shows no known clip.
        """
        truth = self._recognize(body)
        seed, found_out = body.get("seed", 0), _list_found_out(body, truth.steps)
        steps = [
            _to_json(self._tell(step, self._draw(truth, step, seed), step.id in found_out))
            for step in truth.steps
        ]
        said = {"summary": truth.summary, "steps": steps, "label": truth.label}
        return json.dumps(said, ensure_ascii=False)

    def list_lies(self, clip_id: str, seed: int = 0) -> tuple[int, ...]:
        """Ids of the steps about a clip that are falsified until they are found out.

        Args:
            clip_id: One of the given clips.
            seed: That of the request's body.
        """
        truth = self._by_clip[clip_id]
        return tuple(s.id for s in truth.steps if self._lies(self._draw(truth, s, seed)))

    def _recognize(self, body: Mapping[str, Any]) -> Rationale:
        for data in _find_pictures(body):
            known = self._truths.get(hashlib.sha256(data).hexdigest())
            if known is not None:
                return known
        raise UsageError("the request shows no known clip", expected="a picture of a given clip")

    def _tell(self, step: Step, draw: str, found_out: bool) -> Step:
        mended = found_out and _draw_share(draw + "\0mend") < self.truthful_after_facts
        return falsify_step(step, draw) if self._lies(draw) and not mended else step

    def _lies(self, draw: str) -> bool:
        return _draw_share(draw + "\0lie") < self.lie_rate

    def _draw(self, truth: Rationale, step: Step, seed: int) -> str:
        return f"{self.seed}\0{seed}\0{truth.clip_id}\0{step.id}"


def falsify_step(step: Step, draw: str) -> Step:
    """The claim with another side, the reverse motion or direction, or at another time.

    Args:
        step: A true claim.
        draw: What the choice is drawn from. A claim of rest, which is true at other times and of
            other sides as well, is told of a person who is not there.
    """
    if step.motion == "hold":
        return replace(step, person=step.person + 100)
    lies = [_shift_window(step)]
    if step.side in ("left", "right"):
        lies.append(replace(step, side=_OPPOSITE[step.side]))
    if step.motion in _MOTIONS or step.direction in _OPPOSITE:
        motion = _OPPOSITE[step.motion] if step.motion in _MOTIONS else step.motion
        direction = _OPPOSITE.get(step.direction, "")
        lies.append(replace(step, motion=motion, direction=direction))
    return lies[int(_draw_share(draw + "\0kind") * len(lies))]


def _shift_window(step: Step) -> Step:
    """Earlier by twice its length where there is room, else later; it may leave the clip."""
    shift = 2 * max(step.end_s - step.start_s, 0.1)
    shift = -shift if step.start_s >= shift else shift
    start, end = round(step.start_s + shift, 3), round(step.end_s + shift, 3)
    return replace(step, start_s=start, end_s=end)


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


def _list_found_out(body: Mapping[str, Any], steps: Sequence[Step]) -> set[int]:
    """Ids of the steps that any message so far has called wrong; all, where facts were sent."""
    texts = "\n".join(_list_texts(body))
    if "These facts were measured at the joints." in texts:
        return {step.id for step in steps}
    findings = re.findall(r"The joints say:\n((?:step \d+: .*\n)+)", texts)
    return {int(number) for number in re.findall(r"^step (\d+):", "".join(findings), re.MULTILINE)}


def _list_texts(body: Mapping[str, Any]) -> Iterator[str]:
    """What was asked so far; the teacher's own answers are not."""
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if message["role"] == "user":
            yield from (part["text"] for part in parts if part["type"] == "text")
