"""Writers of the on-disk formats of public corpora, as their own files have them.

What is written here is what the corpora's tools and papers expect, not what our readers accept:
the layouts were taken from original files, down to line ends, digits and quirks.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.synthesis.body import Array
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22, Topology

FIRST_BODY_ID = 72057594037931327
"""A body id as Kinect gives them: 2^56 and some, which float64 cannot tell from its neighbours."""

NW_UCLA_LABELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 8: 7, 9: 8, 11: 9, 12: 10}
"""The ``label`` field by a-number: there is no a07 and no a10, and labels count on."""

_DEPTH = (365.6, 365.6, 256.4, 208.5)
_COLOUR = (1064.0, 1058.0, 976.0, 567.0)
"""fx, fy, cx, cy of Kinect's cameras, fitted to files; they mirror: u grows with x."""

_JOINT_LINE = " ".join(["%.7g"] * 11) + " %d"


def write_ntu(
    path: Path | str,
    motion: Motion,
    *,
    body_ids: Sequence[str] | None = None,
    newline: str = "\r\n",
) -> None:
    """Write NTU RGB+D ``.skeleton`` text (Shahroudy et al., CVPR 2016).

    Frames in which a person is not present list one body less. Tracking state is 2 for joints of
    confidence 1, 0 (and position 0 0 0) for unobserved ones, else 1.

    Args:
        path: Where to; named like ``S001C001P001R001A010.skeleton``.
        motion: Of Kinect v2, in camera space.
        body_ids: 64-bit ids of the persons, as text; consecutive Kinect-like ids if None.
        newline: Both CRLF and LF occur in the corpus.

    Raises:
        UsageError: The motion is of another skeleton or space.
    """
    _require(motion, KINECT_V2, "camera")
    ids = body_ids or [str(FIRST_BODY_ID + 17 * p) for p in range(motion.num_persons)]
    values = _ntu_columns(motion)  # [T, P, 25, 12]
    leans = _leans(motion)
    template = "\n".join([_JOINT_LINE] * len(KINECT_V2))
    lines = [str(motion.num_frames)]
    for frame, present in enumerate(motion.present):
        lines.append(str(int(present.sum())))
        for person in np.flatnonzero(present).tolist():
            lean = "%.7g %.7g" % tuple(leans[frame, person])  # noqa: UP031 - as the joints
            lines += [f"{ids[person]} 0 1 1 1 1 0 {lean} 2", str(len(KINECT_V2))]
            lines.append(template % tuple(values[frame, person].ravel().tolist()))
    text = "\n".join([*lines, ""]).replace("\n", newline)
    Path(path).write_bytes(text.encode("ascii"))


def _ntu_columns(motion: Motion) -> Array:
    """The twelve fields of every joint line, [T, P, J, 12]; zeros where nothing is tracked."""
    xyz = motion.joints.astype(np.float64)
    depth = np.maximum(xyz[..., 2:], 0.1)
    pixels = [
        np.array([cx, cy]) + np.array([fx, -fy]) * xyz[..., :2] / depth
        for fx, fy, cx, cy in (_DEPTH, _COLOUR)
    ]
    turned = _orientations(xyz) if motion.orientations is None else motion.orientations
    observed = motion.observed[..., None]
    state = np.where(motion.confidence[..., None] == 1, 2, 1)
    fields = np.concatenate([xyz, *pixels, turned, state], -1)
    return np.where(observed, fields, 0.0) + 0.0  # the sum turns -0 into 0


def _orientations(xyz: Array) -> Array:
    """Kinect's convention: the turn (w, x, y, z) of +y onto the bone; zeros at the tips."""
    parents = np.array(KINECT_V2.parents)
    inner = np.isin(np.arange(len(parents)), parents)
    bones = xyz - xyz[:, :, np.where(parents < 0, 0, parents)]
    length = np.linalg.norm(bones, axis=-1, keepdims=True)
    x, y, z = np.moveaxis(bones / np.maximum(length, 1e-9), -1, 0)
    turned = np.stack([1 + y + 1e-6, z, 0 * x, -x], -1)
    turned /= np.linalg.norm(turned, axis=-1, keepdims=True)
    return turned * inner[:, None]


def _leans(motion: Motion) -> Array:
    """Lean of the trunk sideways and forwards, -1..1, [T, P, 2]."""
    pelvis, chest = KINECT_V2.index("pelvis"), KINECT_V2.index("upper_spine")
    trunk = (motion.joints[:, :, chest] - motion.joints[:, :, pelvis]).astype(np.float64)
    length = np.maximum(np.linalg.norm(trunk, axis=-1, keepdims=True), 1e-9)
    return (trunk / length)[..., [0, 2]] * (1, -1)


def write_nw_ucla(path: Path | str, motion: Motion, label: int) -> None:
    """Write one NW-UCLA clip as the JSON of its Kinect v1 release.

    Args:
        path: Where to; named like ``a08_s01_e02_v03.json``.
        motion: Of Kinect v1, in camera space; person 0 is written.
        label: The ``label`` field; see :data:`NW_UCLA_LABELS`.

    Raises:
        UsageError: The motion is of another skeleton or space.
    """
    _require(motion, KINECT_V1, "camera")
    skeletons = np.round(motion.joints[:, 0].astype(np.float64), 6).tolist()
    clip = {"file_name": Path(path).stem, "skeletons": skeletons, "label": label}
    Path(path).write_text(json.dumps(clip), encoding="ascii")


def write_humanml3d(
    folder: Path | str, clip_id: str, motion: Motion, captions: Sequence[str]
) -> None:
    """Write ``new_joints/<id>.npy`` (float32 [T, 22, 3]) and ``texts/<id>.txt`` of HumanML3D.

    A text line is ``caption#tokens#start#end``; start and end 0.0 mean the whole clip. Tokens are
    ``word/TAG``; tags come from a few rules, not from a tagger.

    Args:
        folder: Root of the corpus.
        clip_id: Six digits, as ``000123``.
        motion: Of SMPL's 22 joints, in world space, 20 frames a second; person 0 is written.
        captions: Sentences.

    Raises:
        UsageError: The motion is of another skeleton, space or rate.
    """
    _require(motion, SMPL_22, "world")
    if motion.fps != 20:
        raise UsageError(f"a motion of {motion.fps:g} fps", expected="20", where="write_humanml3d")
    joints, texts = Path(folder) / "new_joints", Path(folder) / "texts"
    for place in (joints, texts):
        place.mkdir(parents=True, exist_ok=True)
    np.save(joints / f"{clip_id}.npy", np.ascontiguousarray(motion.joints[:, 0]))
    lines = [f"{caption}#{_tagged(caption)}#0.0#0.0\n" for caption in captions]
    (texts / f"{clip_id}.txt").write_text("".join(lines), encoding="utf-8")


_TAGS = {
    "DET": "a an the another each",
    "PRON": "someone something it",
    "ADP": "with in of to from on off at behind above by into",
    "ADJ": "left right both raised stretched other",
    "CCONJ": "and or then until",
    "NUM": "one two",
    "ADV": "down up forward back deeply sideways straight again apart out ahead high closer",
}
_TAG_OF = {word: tag for tag, words in _TAGS.items() for word in words.split()}


def _tagged(caption: str) -> str:
    """Lower-case words with a part of speech; the first open-class word after a noun is a verb."""
    tokens: list[str] = []
    seen_noun = seen_verb = False
    for word in caption.lower().replace(",", " ").rstrip(".").split():
        tag = _TAG_OF.get(word)
        if tag is None:
            tag = "VERB" if seen_noun and not seen_verb else "NOUN"
            seen_verb |= tag == "VERB"
        seen_noun |= tag in ("NOUN", "PRON")
        tokens.append(f"{word}/{tag}")
    return " ".join(tokens)


def make_pyskl_annotation(frame_dir: str, motion: Motion, label: int) -> dict[str, Any]:
    """One annotation of a PYSKL pickle (Duan et al., ACM MM 2022), from a 2D motion.

    Args:
        frame_dir: The clip's name, as ``S001C001P001R001A008``.
        motion: Of COCO's 17 joints, in image space.
        label: 0-based; for NTU the action number less one.

    Raises:
        UsageError: The motion is of another skeleton or space.
    """
    _require(motion, COCO_17, "image")
    width, height = motion.image_size or (0, 0)
    keypoint = np.moveaxis(motion.joints[..., :2], 0, 1)  # [M, T, 17, 2]
    score = np.moveaxis(motion.confidence * motion.present[..., None], 0, 1)  # [M, T, 17]
    scored = score[..., None] > 0
    return {
        "frame_dir": frame_dir,
        "label": label,
        "img_shape": (height, width),
        "original_shape": (height, width),
        "total_frames": motion.num_frames,
        "keypoint": np.ascontiguousarray(np.where(scored, keypoint, 0.0).astype(np.float16)),
        "keypoint_score": np.ascontiguousarray(score.astype(np.float16)),
    }


def write_pyskl(
    path: Path | str,
    annotations: Sequence[Mapping[str, Any]],
    split: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write ``{"split": ..., "annotations": [...]}`` as PYSKL does.

    Args:
        path: Where to; named like ``ntu60_hrnet.pkl``.
        annotations: See :func:`make_pyskl_annotation`.
        split: Names of clips by split; all in ``train`` if None.
    """
    parts = split or {"train": [a["frame_dir"] for a in annotations]}
    content = {
        "split": {name: list(names) for name, names in parts.items()},
        "annotations": [dict(annotation) for annotation in annotations],
    }
    Path(path).write_bytes(pickle.dumps(content, protocol=4))


def _require(motion: Motion, topology: Topology, space: str) -> None:
    if motion.topology.sha256 != topology.sha256 or motion.space != space:
        raise UsageError(
            f"a motion of {motion.topology.name} in {motion.space} space",
            expected=f"{topology.name} in {space} space",
            hint="Synthesize it with that topology.",
        )
