"""A teacher that knows the truth and lies at a known rate: judges of teachers are tried on it.

It recognizes a clip by the bytes of the pictures that it is sent, as a fake endpoint passes them
on, tells what :class:`KinematicTeacher` measured, and falsifies a share of the claims, or only the
words of some. Told which steps are wrong, or what was measured, it mends most of them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.draction.renderers import Renderer
from skeletonllm.errors import UsageError
from skeletonllm.rationales.language import Phrasing, compose_sentence, compose_summary
from skeletonllm.rationales.rationale import Rationale, Step
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher
from skeletonllm.rationales.teachers.online import TeacherSettings
from skeletonllm.testing.false_claims import draw_share, falsify_step, falsify_words
from skeletonllm.visualization.teacher_pictures import PictureRecipe, draw_teacher_pictures


class ScriptedTeacher:
    """Answers bodies of chat requests about known clips.

    The same body gets the same answer: lies are drawn from the seed, the clip and the claim, and
    from the ``seed`` of the body, if there is one. A text says what its step claims, except where
    only the words lie.

    Args:
        clips: All that it may be asked about.
        settings: Of the job that asks; what it shows is recognized.
        renderer: Of the job that asks.
        lie_rate: Share of claims that are falsified, 0..1.
        seed: Other lies, at the same rate.
        truthful_after_facts: Share of the lies that were found out and are then mended.
        words_only: Share of the lies that leave the claim true and tell another one in the text.

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
        words_only: float = 0.2,
    ) -> None:
        self.lie_rate, self.seed, self.truthful_after_facts = lie_rate, seed, truthful_after_facts
        self.words_only = words_only
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
        told = [
            self._tell(step, self._draw(truth, step, seed), step.id in found_out)
            for step in truth.steps
        ]
        chain = [claim for claim, _ in told]
        persons = 1 + max(step.person for pair in told for step in pair)
        phrasing = Phrasing(persons, 0, f"{self.seed}\0{seed}\0{truth.clip_id}")
        steps = [_to_json(claim, _write_text(words, chain, phrasing)) for claim, words in told]
        summary = compose_summary(chain, phrasing)
        said = {"summary": summary, "steps": steps, "label": truth.label}
        return json.dumps(said, ensure_ascii=False)

    def list_lies(self, clip_id: str, seed: int = 0) -> tuple[int, ...]:
        """Ids of the steps about a clip that are falsified until they are found out.

        Args:
            clip_id: One of the given clips.
            seed: That of the request's body.
        """
        truth = self._by_clip[clip_id]
        return tuple(s.id for s in truth.steps if self._lies(self._draw(truth, s, seed)))

    def list_word_lies(self, clip_id: str, seed: int = 0) -> tuple[int, ...]:
        """Of those, the ids of the steps whose claim is true and whose text is not.

        Args:
            clip_id: One of the given clips.
            seed: That of the request's body.
        """
        truth, lies = self._by_clip[clip_id], self.list_lies(clip_id, seed)
        return tuple(
            s.id
            for s in truth.steps
            if s.id in lies and self._falsify(s, self._draw(truth, s, seed))[0] == s
        )

    def _recognize(self, body: Mapping[str, Any]) -> Rationale:
        for data in _find_pictures(body):
            known = self._truths.get(hashlib.sha256(data).hexdigest())
            if known is not None:
                return known
        raise UsageError("the request shows no known clip", expected="a picture of a given clip")

    def _tell(self, step: Step, draw: str, found_out: bool) -> tuple[Step, Step]:
        """What is claimed, and the claim that the text tells."""
        mended = found_out and draw_share(draw + "\0mend") < self.truthful_after_facts
        return self._falsify(step, draw) if self._lies(draw) and not mended else (step, step)

    def _falsify(self, step: Step, draw: str) -> tuple[Step, Step]:
        words = falsify_words(step, draw)
        if words is not None and draw_share(draw + "\0words") < self.words_only:
            return step, words
        lie = falsify_step(step, draw)
        return lie, lie

    def _lies(self, draw: str) -> bool:
        return draw_share(draw + "\0lie") < self.lie_rate

    def _draw(self, truth: Rationale, step: Step, seed: int) -> str:
        return f"{self.seed}\0{seed}\0{truth.clip_id}\0{step.id}"


def _write_text(words: Step, chain: Sequence[Step], phrasing: Phrasing) -> str:
    """The sentence of a step in its chain, of which only this step may be told otherwise."""
    steps = [words if step.id == words.id else step for step in chain]
    return compose_sentence(words, steps, phrasing)


def _to_json(step: Step, text: str) -> dict[str, Any]:
    names = "id start_s end_s person side part motion target direction count".split()
    claim = {name: getattr(step, name) for name in names}
    return {**claim, "causes": list(step.causes), "text": text}


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
    findings = re.findall(r"your texts with your claims:\n((?:step \d+: .*\n)+)", texts)
    return {int(number) for number in re.findall(r"^step (\d+):", "".join(findings), re.MULTILINE)}


def _list_texts(body: Mapping[str, Any]) -> Iterator[str]:
    """What was asked so far; the teacher's own answers are not."""
    for message in body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if message["role"] == "user":
            yield from (part["text"] for part in parts if part["type"] == "text")
