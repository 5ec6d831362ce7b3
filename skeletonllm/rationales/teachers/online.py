"""Asking a model about a clip: what is asked, what is asked again, and the rows that are kept.

A conversation is a generator: it gives requests and is sent answers. So it can be driven by a test,
by a script, or by an actor that asks a thousand endpoints at once, and knows nothing of any.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.request import ChatRequest, Message, Picture, Sampling
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.prompts.rationale import (
    PROMPT_VERSION,
    ShownClip,
    TeacherMode,
    build_contradicted_follow_up,
    build_invalid_follow_up,
    build_teacher_prompt,
    hash_teacher_prompt,
)
from skeletonllm.prompts.recognition import SYSTEM
from skeletonllm.rationales.rationale import Step, Verdict
from skeletonllm.rationales.teachers.answer_format import make_response_format, parse_answer
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher, find_label
from skeletonllm.rationales.teachers.retelling import find_word_faults
from skeletonllm.rationales.verify.amounts import write_amount
from skeletonllm.rationales.verify.verdicts import verify_steps

Conversation = Generator[ChatRequest, Answer, "list[Turn]"]
"""Gives a request, is sent its answer, and returns its turns."""


@dataclass(frozen=True, kw_only=True)
class TeacherSettings:
    """Whom to ask, how, and what to show.

    Args:
        base_url: Of an OpenAI-compatible endpoint, with its ``/v1``.
        model: As the endpoint calls it.
        sampling: How answers are drawn; a seed is raised by the number of the sample.
        variants: Rationales a clip.
        samples: Answers a rationale; the best is taken, the others say how far they agree.
        structured: How firmly the form is asked for, one of
            :data:`skeletonllm.rationales.teachers.answer_format.STRUCTURES`.
        hide_label: The teacher must infer the label.
        facts: Measured facts are sent along with the first question.
        reask: Whether what the joints contradict, and words that do not say what is claimed, are
            asked again, once, with what was measured.
        layout: ``contact`` (one sheet) or ``frames`` (one picture each).
        frames: How many are shown; fewer where the clip has fewer.
        size: Edge of a frame in pixels.
        columns: Frames in a row of the sheet.
        quality: Of the JPEG, 1..95.
        weights: File of the renderer's weights; None for the untrained renderer.
        weights_sha256: Of that file.
        min_grounded: Least share of true steps that is not rejected. Judging needs it, asking does
            not.
    """

    base_url: str
    model: str
    sampling: Sampling = field(default_factory=Sampling)
    variants: int = 1
    samples: int = 1
    structured: str = "json_schema"
    hide_label: bool = False
    facts: bool = False
    reask: bool = True
    layout: str = "contact"
    frames: int = 12
    size: int = 224
    columns: int = 4
    quality: int = 50
    weights: str | None = None
    weights_sha256: str | None = None
    min_grounded: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """What an answer depends on: not where the weights lie, nor how answers are judged."""
        plain = {**asdict(self), "sampling": self.sampling.to_json(), "prompt": PROMPT_VERSION}
        return {k: v for k, v in plain.items() if k not in ("weights", "min_grounded")}

    def to_recipe(self) -> dict[str, Any]:
        """Fields of :class:`skeletonllm.visualization.teacher_pictures.PictureRecipe`."""
        names = ("layout", "frames", "size", "columns", "quality", "weights_sha256")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Turn:
    """One question of a conversation, and its answer.

    Args:
        request_sha256: Key of the request.
        answer: What came back.
        turn: 0 for the first question, then what was asked again.
        facts_given: Whether the teacher had been told measured facts by then.
        prompt_sha256: Hash of the texts that had been sent by then.
    """

    request_sha256: str
    answer: Answer
    turn: int
    facts_given: bool
    prompt_sha256: str

    def to_row(self) -> dict[str, Any]:
        """The columns of :data:`schemas.answer.ANSWER` that are not about who was asked about."""
        said = self.answer.to_json()
        names = "model snapshot outcome finish_reason text tokens_in tokens_out tokens_formula usd"
        return {
            **{name: said[name] for name in names.split()},
            "answer_sha256": self.answer.sha256,
            "request_sha256": self.request_sha256,
            "turn": self.turn,
            "facts_given": self.facts_given,
            "prompt_sha256": self.prompt_sha256,
        }


def converse(
    clip: Clip,
    settings: TeacherSettings,
    pictures: Sequence[Picture],
    legend: str,
    *,
    variant: int = 0,
    sample: int = 0,
    candidates: Sequence[str] = (),
) -> Conversation:
    """The questions about one clip; at most three: the first, its form, what joints contradict.

    An outcome other than ``answered`` ends it: a refusal is not asked again.

    Args:
        clip: With a label or a caption.
        settings: Whom to ask, and how.
        pictures: What is shown.
        legend: Their colours in words.
        variant: Which of the clip's rationales.
        sample: Which of the answers to it.
        candidates: Labels to choose from, where the label is hidden.

    Raises:
        SourceError: ``unlabelled``: the clip has neither label nor caption.
    """
    label = find_label(clip)
    facts = _list_facts(clip) if settings.facts else ()
    names = tuple(candidates) if settings.hide_label else ()
    text = build_teacher_prompt(
        label,
        _describe_clip(clip.motion, settings, legend),
        hide_label=settings.hide_label,
        candidates=names,
        facts=facts,
    )
    mode = TeacherMode(settings.hide_label, bool(names), bool(facts), settings.layout)
    messages: tuple[Message, ...] = (
        Message("system", (SYSTEM,)),
        Message("user", (*pictures, text)),
    )
    number = variant * settings.samples + sample
    turns: list[Turn] = []
    while True:
        request = _make_request(settings, messages, number)
        answer = yield request
        told = mode.facts or "contradicted" in mode.follow_ups
        turns.append(Turn(request.key, answer, len(turns), told, hash_teacher_prompt(mode)))
        again = _ask_again(answer, clip.motion, label, mode.follow_ups, reask=settings.reask)
        if again is None:
            return turns
        kind, question = again
        said, asked = Message("assistant", (answer.text,)), Message("user", (question,))
        messages = (*messages, said, asked)
        mode = replace(mode, follow_ups=(*mode.follow_ups, kind))


def drive(conversation: Conversation, ask: Callable[[ChatRequest], Answer]) -> list[Turn]:
    """All turns of a conversation whose requests are answered by a function.

    Args:
        conversation: Of :func:`converse`, not yet started.
        ask: Answers a request.
    """
    try:
        request = next(conversation)
        while True:
            request = conversation.send(ask(request))
    except StopIteration as end:
        turns: list[Turn] = end.value
        return turns


def to_answer_rows(
    clip: Clip, variant: int, sample: int, turns: Sequence[Turn], view: str
) -> list[dict[str, Any]]:
    """Rows of :data:`schemas.answer.ANSWER`, one a turn.

    Args:
        clip: Who was asked about.
        variant: Which of its rationales.
        sample: Which of the answers to it.
        turns: The conversation.
        view: Name of the protocol that is asked for, or ``all``.
    """
    about = {
        "purpose": "rationale",
        "clip_id": clip.clip_id,
        "view": view,
        "label_namespace": clip.label_namespace,
        "label": clip.label,
        "variant": variant,
        "sample": sample,
        "motion_sha256": clip.motion.sha256,
    }
    return [{**about, **turn.to_row()} for turn in turns]


def describe_finding(step: Step, verdict: Verdict, *, metric: bool) -> str:
    """``step 2: it goes the other way (measured -0.31 m)``, as a teacher is told.

    Args:
        step: The claim.
        verdict: What the joints say to it.
        metric: Whether the motion is in metres; else lengths are in body heights.
    """
    amount = write_amount(step.motion, verdict.measured, metric=metric)
    return f"step {step.id}: {verdict.reason}" + (f" (measured {amount})" if amount else "")


def _ask_again(
    answer: Answer, motion: Motion, label: str, asked: Sequence[str], *, reask: bool
) -> tuple[str, str] | None:
    """Kind and text of the next question; None where there is none. Each kind is asked once.

    Words that do not say what their claim says are told together with what the joints contradict.
    Alone they cost no question: they are flagged, and text is composed from the claims anyway.
    """
    if answer.outcome != "answered":
        return None
    try:
        said = parse_answer(answer.text)
    except SourceError as error:
        if "invalid" in asked:
            return None
        return "invalid", build_invalid_follow_up(error.found)
    if not reask or "contradicted" in asked:
        return None
    steps = said.to_steps()
    findings = [
        describe_finding(step, verdict, metric=motion.metric)
        for step, verdict in zip(steps, verify_steps(steps, motion), strict=True)
        if verdict.verdict == "contradicted"
    ]
    if not findings:
        return None
    # Other classes are not looked for: that one is wrong would tell a hidden label.
    findings += find_word_faults(said.summary, steps, label)
    return "contradicted", build_contradicted_follow_up(findings)


def _make_request(
    settings: TeacherSettings, messages: tuple[Message, ...], number: int
) -> ChatRequest:
    sampling = settings.sampling
    if sampling.seed is not None:  # one seed for all samples would draw one answer many times
        sampling = replace(sampling, seed=sampling.seed + number)
    return ChatRequest(
        settings.base_url,
        settings.model,
        messages,
        sampling,
        PROMPT_VERSION,
        number,
        make_response_format(settings.structured),
    )


def _describe_clip(motion: Motion, settings: TeacherSettings, legend: str) -> ShownClip:
    # Those of the pictures. Imported here, since judging answers needs no torch, nor does a plan.
    from skeletonllm.draction.sampling import sample_frames  # noqa: PLC0415

    shown = sample_frames(motion.num_frames, min(settings.frames, motion.num_frames))
    times = tuple(float(frame) / motion.fps for frame in shown)
    persons = int(motion.present.any(axis=0).sum())
    return ShownClip(motion.duration_s, persons, times, settings.layout, legend)


def _list_facts(clip: Clip) -> tuple[str, ...]:
    """What the offline teacher measured: a sentence a step, with its times and amounts."""
    steps = KinematicTeacher(measures=True).rationale(clip).steps
    return tuple(f"{s.start_s:.2f} s to {s.end_s:.2f} s: {s.text}" for s in steps)
