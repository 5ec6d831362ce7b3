"""The prompts of rationales (CR-Distill, stage 3): to the teacher, and to the student.

Wording of the paper's appendix ("Prompt templates for MQA, Disc-FT, and CR-Distill"), as in the
published code's data/prompts.py, where it can be kept. The teacher is told the label, the student
is not. Beyond the paper, the teacher answers in claims that the joints can be asked about, so it is
told what the words of a claim mean (:mod:`skeletonllm.prompts.claims`).

No text here takes a clip id, a subject or a path, so none can leave the machine in a prompt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from skeletonllm.errors import UsageError
from skeletonllm.prompts.claims import ANSWER_FORM, CLAIM_WORDS
from skeletonllm.prompts.frames import number_frames
from skeletonllm.prompts.recognition import SYSTEM

PROMPT_VERSION = "rationale/4"
"""Of the teacher's texts; goes up with any change of wording. Cached answers name it."""
STUDENT_VERSION = "student/1"
"""Of the student's text, which does not change with the teacher's."""

PICTURES = (
    "The clip you see is rendered from 3D skeleton data into abstract pseudo-images. "
    "Each frame encodes joint positions, bone connections, depth, and motion cues, "
    "and may look different from natural RGB videos. Treat these frames as a faithful "
    "visualization of human body kinematics."
)
"""What a model must know about the pictures DrAction draws."""

_CORPUS = (
    "This clip is from a dataset for human action recognition. "
    "It is rendered from 3D skeleton data into abstract motion-aware images.\n"
)
_TRUE_LABEL = "Ground-truth action label: {label}\n"
_HIDDEN_LABEL = "The action label is not given. Infer it from the motion.\n"
_CANDIDATES = "It is one of these, so write it exactly as here:\n{candidates}\n"
_TASK = (
    "Please:\n"
    "1) Briefly summarize what the person is doing in this skeleton video.\n"
    "2) Provide a step-by-step causal chain that explains the action over time, "
    "explicitly referring to body parts and their motion (e.g., which joints move "
    "first, how limbs follow, how the pose evolves).\n"
    "3) Conclude with the final classification label.\n"
)
_SCENE = "The clip lasts {duration:.2f} s and shows {persons}. {layout}\n"
_SHEET = (
    "The picture is one sheet of {count} frames, to be read from left to right and row by row. "
    "Above each frame stand the seconds since the start of the clip: {times}."
)
_SINGLE = (
    "The {count} pictures are its frames in order of time, at these seconds since the start of the "
    "clip: {times}."
)
_UNMIRRORED = (
    "The pictures are not mirrored: as in a photograph, a person who faces us has the right hand "
    "on the left of the picture, and a person seen from behind has it on the right.\n"
)
_LEGEND = "Colours: {legend}\n"
_FACTS = (
    "These facts were measured at the joints. Trust them more than the pictures, but write none of "
    "their amounts, which no picture shows:\n{facts}\n"
)
_STUDENT = (
    PICTURES + "\nPlease describe what the person does in the skeleton video, infer the likely "
    "activity, and end with exactly one classification label on a separate line "
    "formatted as 'Label: <action>'."
)
_INVALID = "Your answer was not valid: {faults}. Answer again with the JSON object only."
_CONTRADICTED = (
    "Your claims were compared with the joints, and your texts with your claims:\n{findings}\n"
    "Correct these steps, so that each claim says what happens and each text what is claimed. "
    "Keep the others, and answer again with the whole JSON object only."
)


@dataclass(frozen=True)
class ShownClip:
    """What a prompt tells about the clip that is shown.

    Args:
        duration_s: Its length in seconds.
        num_persons: Persons in it.
        times_s: Seconds since its start of each frame that is shown.
        layout: ``contact`` (one sheet) or ``frames`` (one picture each).
        legend: The colours in words, of
            :func:`skeletonllm.visualization.colour_legend.describe_colours`.
    """

    duration_s: float
    num_persons: int
    times_s: tuple[float, ...]
    layout: str = "contact"
    legend: str = ""


@dataclass(frozen=True)
class TeacherMode:
    """Which of the teacher's texts are sent.

    Args:
        hide_label: The teacher must infer the label.
        candidates: It is given names to choose from; only where the label is hidden.
        facts: Measured facts are sent along.
        layout: ``contact`` or ``frames``.
        follow_ups: What was asked again, in order: ``invalid`` or ``contradicted``.
    """

    hide_label: bool = False
    candidates: bool = False
    facts: bool = False
    layout: str = "contact"
    follow_ups: tuple[str, ...] = ()


def build_teacher_prompt(
    label: str,
    shown: ShownClip,
    *,
    hide_label: bool = False,
    candidates: Sequence[str] = (),
    facts: Sequence[str] = (),
) -> str:
    """The text that asks for a summary, a causal chain of claims and a label, as one JSON object.

    Args:
        label: The clip's class; it is not in the text where it is hidden.
        shown: What is told about the clip and its pictures.
        hide_label: Ask the teacher to infer the label.
        candidates: Names to choose from, where the label is hidden.
        facts: Measured facts, a sentence each.

    Raises:
        UsageError: The label is empty or more than one line, so that a final line cannot hold it.
    """
    if not label.strip() or "\n" in label:
        raise UsageError(f"label {label!r}", expected="one line that is not empty")
    mode = TeacherMode(hide_label, hide_label and bool(candidates), bool(facts), shown.layout)
    given = {
        "label": label,
        "candidates": "\n".join(candidates),
        "duration": shown.duration_s,
        "persons": "1 person" if shown.num_persons == 1 else f"{shown.num_persons} persons",
        "layout": _describe_layout(shown),
        "legend": shown.legend,
        "facts": "\n".join(f"- {fact}" for fact in facts),
        "form": ANSWER_FORM,
        "answer_label": "<the label>"
        if hide_label
        else json.dumps(label, ensure_ascii=False)[1:-1],
    }
    return "".join(text.format(**given) for text in _first_texts(mode)).rstrip("\n")


def build_invalid_follow_up(faults: str) -> str:
    """What is asked after an answer that is not of the form asked for."""
    return _INVALID.format(faults=faults.rstrip("."))


def build_contradicted_follow_up(findings: Sequence[str]) -> str:
    """What is asked after an answer with contradicted claims, or texts that do not say theirs.

    Args:
        findings: One line each, which names its step: ``step 2: it goes the other way``.
    """
    return _CONTRADICTED.format(findings="\n".join(findings))


def build_student_prompt(*, num_frames: int) -> str:
    """The text that asks for a description and a final label; it tells nothing of the answer."""
    return number_frames(num_frames) + _STUDENT


def hash_teacher_prompt(mode: TeacherMode = TeacherMode()) -> str:
    """SHA-256, in hex, of the version and of exactly the texts that are sent in a mode.

    Templates, not their filled form: clips that were asked the same have the same hash.
    """
    layout = _SHEET if mode.layout == "contact" else _SINGLE
    again = {"invalid": _INVALID, "contradicted": _CONTRADICTED}
    follow_ups = [again[name] for name in mode.follow_ups]
    texts = (PROMPT_VERSION, SYSTEM, *_first_texts(mode), ANSWER_FORM, layout, *follow_ups)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _first_texts(mode: TeacherMode) -> list[str]:
    """Templates of the first question, in order."""
    label = [_HIDDEN_LABEL] + [_CANDIDATES] * mode.candidates if mode.hide_label else [_TRUE_LABEL]
    facts = [_FACTS] * mode.facts
    # The form stands last: what is read last is kept to best.
    return [_CORPUS, *label, _TASK, _SCENE, _UNMIRRORED, _LEGEND, *facts, CLAIM_WORDS]


def _describe_layout(shown: ShownClip) -> str:
    text = _SHEET if shown.layout == "contact" else _SINGLE
    times = ", ".join(f"{time:.2f}" for time in shown.times_s)
    return text.format(count=len(shown.times_s), times=times)
