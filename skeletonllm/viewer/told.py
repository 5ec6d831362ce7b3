"""What a page tells of one clip beside its row: rationales, captions, negatives, lineage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.rationales.rationale import Step, Verdict
from skeletonllm.rationales.verify.amounts import write_amount
from skeletonllm.rationales.verify.verdicts import verify_steps
from skeletonllm.topology import Topology

Rationales = Sequence[Mapping[str, Any]]
"""Rows of :data:`schemas.RATIONALE`, as plain data."""
_TRUE = "true"
_JOINTS = {
    "hand": ("wrist", "hand", "hand_tip", "thumb"),
    "foot": ("ankle", "foot"),
    **{part: (part,) for part in ("elbow", "knee", "hip", "shoulder")},
}
"""Part of a claim -> joints that show it, without their side."""
_TRUNK = ("torso", "head")
_NAME = 120
"""Characters of a caption that names a clip in the list."""


def tell_rationales(rationales: Rationales, clip: Clip) -> list[dict[str, Any]]:
    """Rationales of a clip with the verdict on each step, and why.

    Args:
        rationales: Of the clip, those that were rejected too.
        clip: What they are about.
    """
    return [_tell_rationale(row, clip) for row in rationales]


def _tell_rationale(row: Mapping[str, Any], clip: Clip) -> dict[str, Any]:
    reasons = _find_reasons(row["steps"], clip)
    steps = [
        _tell_step(step, reason, clip) for step, reason in zip(row["steps"], reasons, strict=True)
    ]
    told = {name: row.get(name) for name in ("teacher", "status", "text", "variant")}
    more = {name: row.get(name) for name in ("prompt_sha256", "usd")}
    return {**told, "grounded": round(row["grounded"], 4), "steps": steps, **more}


def _tell_step(step: Mapping[str, Any], reason: str, clip: Clip) -> dict[str, Any]:
    joints = _list_joints(step, clip.motion.topology)
    return {
        "text": step["text"],
        "start_s": round(step["start_s"], 3),
        "end_s": round(step["end_s"], 3),
        "verdict": step["verdict"],
        "measured": _write_measured(step, reason, metric=clip.motion.metric),
        "persons": [step["person"]],
        **({"joints": joints} if joints else {}),
    }


def _write_measured(step: Mapping[str, Any], reason: str, *, metric: bool) -> str:
    value = step["measured"]
    amount = "" if value is None else write_amount(step["motion"], value, metric=metric)
    why = reason or "the other way" * amount.startswith("-")
    return ": ".join(part for part in (amount, why) if part)


def _find_reasons(steps: Sequence[Mapping[str, Any]], clip: Clip) -> list[str]:
    """Why each step is not true, measured again; empty where it is, or where nothing is said.

    Tables hold the verdict and not its reason. Where joints that were rounded give another verdict
    than the one on record, the record stands and no reason is made up.
    """
    if all(step["verdict"] == _TRUE for step in steps):
        return [""] * len(steps)
    found = verify_steps([_read_step(step) for step in steps], clip.motion)
    pairs = zip(steps, found, strict=True)
    return [_agreed(step, verdict) for step, verdict in pairs]


def _agreed(step: Mapping[str, Any], found: Verdict) -> str:
    same = found.verdict == step["verdict"] != _TRUE
    return found.reason if same else ""


def _read_step(step: Mapping[str, Any]) -> Step:
    words = {name: step[name] for name in Step.__dataclass_fields__ if name != "causes"}
    words["measured"] = float("nan") if step["measured"] is None else step["measured"]
    return Step(**words, causes=tuple(step["causes"] or ()))


def _list_joints(step: Mapping[str, Any], topology: Topology) -> list[str]:
    """Joints that a step is about; none for the whole body."""
    part, side = step["part"], step["side"]
    if part in _TRUNK:
        places = zip(topology.joints, topology.parts, strict=True)
        return [name for name, of in places if of == part]
    sides = ("left", "right") if side in ("both", "centre") else (side,)
    names = [f"{s}_{joint}" for s in sides for joint in _JOINTS.get(part, ())]
    return [name for name in names if topology.find(name) is not None]


def tell_captions(clip: Clip) -> list[dict[str, Any]]:
    """Sentences about a clip, with their times."""
    return [vars(caption).copy() for caption in clip.captions]


def tell_questions(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Questions with their answers, a line each."""
    return [f"{row['question']} {row['answer']}" for row in rows]


def tell_lineage(clip: Clip, place: Mapping[str, Any]) -> list[list[str]]:
    """Where a clip came from and where it lies, as names and values.

    Args:
        clip: The clip.
        place: More names and values, for example of its tar.
    """
    facts = {
        "file": clip.source_uri,
        "sha256 of the file": clip.source_sha256,
        "frames of the file": f"{min(clip.frame_index)} to {max(clip.frame_index)}",
        "persons of the file": ", ".join(clip.person_ids),
        "repetition": clip.repetition,
        "normalized as": clip.profile,
        "licence": clip.licence,
        "flags": ", ".join(clip.flags),
        **place,
    }
    return [[name, str(value)] for name, value in facts.items() if value not in (None, "")]


def sum_up_rationales(rationales: Rationales) -> dict[str, Any]:
    """The columns of a row that its rationales give."""
    verdicts = {step["verdict"] for row in rationales for step in row["steps"]}
    grounded = [row["grounded"] for row in rationales]
    return {
        "rationales": len(rationales),
        "verdicts": sorted(verdicts),
        "grounded": min(grounded) if grounded else None,
    }


def list_words(clip: Clip, rationales: Rationales) -> Iterator[str]:
    """All texts of a clip in which words are looked for.

    Args:
        clip: The clip.
        rationales: Of it.
    """
    yield clip.clip_id
    yield from (caption.text for caption in clip.captions)
    yield from (str(row["text"]) for row in rationales)


def describe_clip(clip: Clip, rationales: Rationales) -> dict[str, Any]:
    """The row of a clip: what columns say of it.

    Args:
        clip: The clip.
        rationales: Of it.
    """
    motion = clip.motion
    slots = int(motion.present.sum()) * motion.num_joints
    share = float(motion.observed.sum()) / slots if slots else 0.0
    words = {name: getattr(clip, name) for name in ("clip_id", "label", "corpus", "flags")}
    origin = {name: getattr(clip, name) for name in ("subject", "camera", "setup")}
    return {
        **words,
        **origin,
        "namespace": clip.label_namespace,
        "caption": _name_by_caption(clip),
        "topology": motion.topology.name,
        "seconds": round(motion.duration_s, 3),
        "frames": motion.num_frames,
        "persons": motion.num_persons,
        "fps": motion.fps,
        "observed": share,
        **sum_up_rationales(rationales),
    }


def _name_by_caption(clip: Clip) -> str:
    """What names a clip that has no class; a label says it in fewer words."""
    if clip.label or not clip.captions:
        return ""
    text = " ".join(clip.captions[0].text.split())
    return text if len(text) <= _NAME else f"{text[: _NAME - 1]}…"
