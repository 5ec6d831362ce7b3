"""Poses of SMPL bodies as ``.npz``, as AMASS writes them and as other tools do.

    poses   [T, 156] or [T, 52, 3] (SMPL-H), 165 or 55 (SMPL-X), 72 or 24 (SMPL), 66 or 22 (no
            hands); or parts: root_orient, pose_body, pose_hand (global_orient, body_pose, ...)
    trans   [T, 3];   betas [B], [1, B] or [T, B];   gender text, bytes, an object, or ``m``
    mocap_framerate (AMASS of SMPL-H), mocap_frame_rate (of SMPL-X), fps, ...: a number or text

A frame with a number that is not finite is missing, and no more than that. What is not stated is
assumed and flagged: 30 frames a second, the neutral body, the mean shape, at the origin. Files of
AMASS itself need nothing assumed, which is how they are told from others. ``poses`` alone may be
anything: without a shape, a gender, a kind of model or AMASS' own rate they are refused, but for
[T, 156] and [T, 165] with translations.

    smpl_poses [T, 72], smpl_trans [T, 3] cm, smpl_scaling      (AIST++, Li et al., ICCV 2021)

There +y is up, the translation divided by the scaling is in metres, and the rate is 60.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.toolkit.assumed import AXES_ASSUMED, BODY_ASSUMED, FPS_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import SMPLH_52
from skeletonllm.topology import SMPL_22

MAX_FRAMES = 100_000
"""Most frames of one motion: a quarter of an hour at 120 a second."""

GENDERS = ("female", "male", "neutral")
FPS = 30.0
AIST_FPS = 60.0

BODY, HANDS = len(SMPL_22), len(SMPLH_52)

JOINTS = {"smpl": (*range(22),), "smplh": (*range(52),), "smplx": (*range(22), *range(25, 55))}
"""By kind of body model: its joints that are those of ``smplh_52``, as far as it has them."""

SMPLX = 55
"""Joints of SMPL-X, those of the face among them."""

KINDS = {22: "smplh", 24: "smpl", 52: "smplh", 55: "smplx"}
"""Kind of body model by how many joints are turned."""

OWN_RATES = {"mocap_framerate": "smplh", "mocap_frame_rate": "smplx"}
"""AMASS' own names of the rate, and the kind of body model in whose files they stand."""

RATES = (*OWN_RATES, "fps", "frame_rate", "framerate", "mocap_fps", "mocap_rate")
WHOLE = ("poses", "fullpose", "full_pose", "pose", "smpl_poses", "smpl_pose", "pose_aa")
GENERAL = WHOLE[:4]
"""Names of poses that say nothing of SMPL."""

BESIDE = ("betas", "beta", "smpl_betas", "shape", "gender", "surface_model_type", *OWN_RATES)
"""What says that poses are those of an SMPL body."""

SCALING = "smpl_scaling"
"""AIST++'s own: units of its translations in a metre of the model."""

MOST_TURNS, TURNED_MOST = 0.1, 2.1 * np.pi
"""No more than so many vectors are longer than a whole turn, if they are rotations."""

START_ASSUMED = "start_assumed"
"""Flag: no translation is stated; the body stays at the origin."""

MOVED = ("trans", "transl", "translation", "root_trans", "smpl_trans", "trans_orig")
ROOT, TRUNK = ("root_orient", "global_orient"), ("pose_body", "body_pose")
FINGERS = (("pose_hand", "hand_pose"), ("left_hand_pose",), ("right_hand_pose",))
FACE = ("pose_jaw", "pose_eye", "jaw_pose", "leye_pose", "reye_pose")
FAR = 1e4


@dataclass(frozen=True, eq=False)
class Poses:
    """What a file holds.

    Args:
        kind: Kind of body model.
        gender: Its gender.
        fps: Frames a second.
        turns: Rotation vectors [T, 22 or 52, 3] of the joints of ``smplh_52``; NaN where missing.
        trans: Translations [T, 3] in metres.
        betas: Shape [B].
        flags: What was assumed.
        published: Whether it is written as AMASS writes its own files.
        y_up: Whether +y is up, as AIST++ has it, and not +z.
    """

    kind: str
    gender: str
    fps: float
    turns: Raw
    trans: Raw
    betas: Raw
    flags: tuple[str, ...] = ()
    published: bool = False
    y_up: bool = False


def parse_poses(file: Npz) -> Poses:
    """The poses of an archive.

    Raises:
        SourceError: ``format`` where it holds no motion, or arrays that do not fit each other;
            ``non_finite`` where nothing is finite; ``no_frames`` or ``unsafe``.
    """
    turns, kind, kind_stated = _turns(file)
    moved = _first(file, MOVED)
    trans = _alone(_numbers(file, moved)) if moved else np.zeros((len(turns), 3))
    if trans.shape in ((3,), (1, 3)) and len(turns) > 1:
        trans = np.broadcast_to(trans.reshape(1, 3), (len(turns), 3))
    if trans.shape != (len(turns), 3):
        found = f"poses of {len(turns)} frames and {moved} {trans.shape}"
        raise SourceError("format", found, expected=f"({len(turns)}, 3)")
    scaling = _scaling(file)
    gender, betas, fps = _gender(file), _betas(file), _fps(file) or _fps_of_length(file, len(turns))
    assumed = (
        (FPS_ASSUMED, fps is None),
        (BODY_ASSUMED, gender is None or betas is None or not kind_stated),
        (AXES_ASSUMED, turns.shape[1] == BODY or moved != "trans"),
        (START_ASSUMED, not moved),
    )
    return Poses(
        kind,
        gender or "neutral",
        fps or (FPS if scaling is None else AIST_FPS),
        clean_rotations(turns),
        _near(trans, moved) / (scaling or 1.0),
        np.zeros(1) if betas is None else betas,
        tuple(flag for flag, is_so in assumed if is_so),
        gender is not None and betas is not None and fps is not None and _is_published(file),
        scaling is not None,
    )


def _scaling(file: Npz) -> float | None:
    """By what AIST++ enlarged the body of the model; None in other files."""
    if SCALING not in file:
        return None
    values = _numbers(file, SCALING)
    if values.size != 1 or not 0 < float(values.reshape(-1)[0]) < FAR:
        raise SourceError("format", f"{SCALING} {values.shape}", expected="one number above 0")
    return float(values.reshape(-1)[0])


def clean_rotations(turns: Raw) -> Raw:
    """Rotation vectors with NaN for what is no angle.

    Raises:
        SourceError: ``non_finite`` where no frame has a whole body; ``format`` where many are
            longer than a whole turn.
    """
    near = _near(turns, "poses")
    beyond = float((np.linalg.norm(np.nan_to_num(near), axis=-1) > TURNED_MOST).mean())
    if beyond > MOST_TURNS:
        found = f"poses of which {beyond:.0%} turn by more than a whole turn"
        raise SourceError("format", found, expected="rotation vectors")
    if not np.isfinite(near[:, 0]).all(1).any():
        raise SourceError("non_finite", "poses hold no frame of finite numbers")
    return near


def _turns(file: Npz) -> tuple[Raw, str, bool]:
    """Rotation vectors [T, 22 or 52, 3], the kind of body model, and whether that is stated."""
    whole = _first(file, WHOLE)
    stated = _words(file, "surface_model_type").lower()
    spelled = next((kind for name, kind in OWN_RATES.items() if name in file), "smplh")
    if whole:
        turns = _vectors(file, whole)
        kind = KINDS.get(turns.shape[1])
        if kind is None:
            found = f"{whole} {file.shape(whole)}"
            raise SourceError("format", found, expected="(T, 156), (T, 165), (T, 72) or (T, 66)")
        _check_said(file, whole)
        known = turns.shape[1] != BODY
        at = JOINTS[kind][: BODY if turns.shape[1] < HANDS else HANDS]
        turns = turns[:, at]
    else:
        turns, kind, known = _of_parts(file, spelled)
    if not known and stated in JOINTS:
        kind, known = stated, True
    return turns, kind, known


def _check_said(file: Npz, whole: str) -> None:
    """Refuse an array that only its name says to be poses.

    Raises:
        SourceError: ``format``, with what is missing.
    """
    flat = file.shape(whole)[1:] in ((3 * HANDS,), (3 * SMPLX,)) and bool(_first(file, MOVED))
    if whole in GENERAL and not flat and not any(name in file for name in BESIDE):
        found = f"{whole} {file.shape(whole)} without betas, gender or {' or '.join(OWN_RATES)}"
        hint = "If these are positions, describe them to the reader generic: docs/CORPORA.md."
        raise SourceError("format", found, expected="those of an SMPL body", hint=hint)


def _of_parts(file: Npz, spelled: str) -> tuple[Raw, str, bool]:
    root, trunk = _first(file, ROOT), _first(file, TRUNK)
    if not root or not trunk:
        raise _no_motion(file)
    hands = [name for name in (_first(file, names) for names in FINGERS) if name]
    parts = {name: _vectors(file, name) for name in (root, trunk, *hands)}
    counts = [part.shape[1] for part in parts.values()]
    if len({len(part) for part in parts.values()}) > 1 or counts[:2] not in ([1, 21], [1, 23]):
        shapes = ", ".join(f"{name} {part.shape}" for name, part in parts.items())
        raise SourceError("format", shapes, expected="(T, 1, 3) and (T, 21, 3) of the same frames")
    body = np.concatenate([parts[root], parts[trunk][:, : BODY - 1]], axis=1)
    fingers = [parts[name] for name in hands]
    if sum(counts[2:]) == HANDS - BODY:
        body = np.concatenate([body, *fingers], axis=1)
    if counts[1] == 23:
        return body, "smpl", True
    has_face = bool(_first(file, FACE))
    return body, "smplx" if has_face else spelled, has_face


def _vectors(file: Npz, name: str) -> Raw:
    """An array of rotation vectors as [T, J, 3]."""
    array = _alone(_numbers(file, name))
    flat, deep = array.ndim == 2, array.ndim == 3 and array.shape[2] == 3
    if not (deep or (flat and array.shape[1] % 3 == 0)):
        found = f"{name} is an array of {array.shape}"
        raise SourceError("format", found, expected="rotation vectors (T, 3 J) or (T, J, 3)")
    check_size(len(array), 1, HANDS)
    return array.reshape(len(array), array[0].size // 3, 3)


def _alone(array: Raw) -> Raw:
    """Without the axis of a batch of one."""
    return array[0] if array.ndim > 2 and len(array) == 1 else array


def _numbers(file: Npz, name: str) -> Raw:
    array = file.array(name)
    if array.dtype.kind not in "fiu":
        found = f"{name} is an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected="numbers")
    if array.size > MAX_FRAMES * 3 * max(KINDS):
        raise SourceError("unsafe", f"{array.size} numbers", expected=f"{MAX_FRAMES} frames")
    return _quiet(array)


def _quiet(array: npt.NDArray[np.generic]) -> Raw:
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        return array.astype(np.float64) + 0.0


def _near(values: Raw, name: str) -> Raw:
    """The numbers, NaN for those that are not finite or absurd; some must be left."""
    near = np.abs(values) < FAR
    if not near.any():
        raise SourceError("non_finite", f"{name} holds no number that is finite and below 1e4")
    return np.where(near, values, np.nan)


def _gender(file: Npz) -> str | None:
    """As text, bytes (``b'female'``), an object or a letter; None where it is none of the three."""
    text = _words(file, "gender").strip().lower()
    named = next((gender for gender in GENDERS if gender in text), None)
    letters = text.removeprefix("b").strip("'\"[] ")
    return named or next((gender for gender in GENDERS if gender[0] == letters), None)


def _betas(file: Npz) -> Raw | None:
    """The shape [B]; of one a frame the median. None where none is stated."""
    name = _first(file, ("betas", "beta", "smpl_betas", "shape"))
    if not name or _words(file, name) == "None":
        return None
    array = _numbers(file, name)
    if array.ndim not in (1, 2) or not array.size:
        raise SourceError("format", f"{name} is an array of {array.shape}", expected="(B,)")
    rows = array.reshape(-1, array.shape[-1])
    finite = rows[(np.abs(rows) < FAR).all(1)]
    if not len(finite):
        raise SourceError("non_finite", f"{name} holds no finite shape")
    return np.asarray(np.median(finite, axis=0))


def _fps(file: Npz) -> float | None:
    """Frames a second; None where no rate is stated, or NaN or 0 is."""
    name = _first(file, RATES)
    if not name:
        return None
    words = _words(file, name)
    try:
        value = float(words.lower().rstrip("fpshz ").replace(",", "."))
    except ValueError:
        raise SourceError("format", f"{name} {words[:40]!r}", expected="a number") from None
    if math.isnan(value) or value == 0:
        return None
    if not 1 <= value <= 10_000:
        raise SourceError("format", f"{name} {value:g}", expected="frames a second")
    return value


def _fps_of_length(file: Npz, frames: int) -> float | None:
    """Frames a second of a motion whose length in seconds is stated."""
    try:
        value = frames / float(_words(file, "mocap_time_length"))
    except (ValueError, ZeroDivisionError):
        return None
    return round(value, 3) if 1 <= value <= 10_000 else None


def _words(file: Npz, name: str) -> str:
    """What a name stands for, as text: of text, bytes, an object or one number; else empty."""
    if name not in file:
        return ""
    for read in (file.text, file.objects, file.array):
        try:
            found = read(name)
        except SourceError as error:
            if error.code != "format" and read is not file.array:
                raise
            continue
        if isinstance(found, np.ndarray):
            return str(found.reshape(-1)[0]) if found.size == 1 else ""
        value = (found[0] if found else "") if isinstance(found, list) else found
        return value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return ""


def _is_published(file: Npz) -> bool:
    """Whether names and shapes are those of AMASS' own files."""
    if not all(name in file for name in ("poses", "trans", "betas", "gender")):
        return False
    poses, betas = file.shape("poses"), file.shape("betas")
    kind = KINDS.get(poses[1] // 3) if len(poses) == 2 else None
    rates = [name for name in RATES if name in file]
    own = kind is not None and [OWN_RATES.get(name) for name in rates] == [kind]
    return own and len(betas) == 1 and betas[0] >= 10


def _first(file: Npz, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in file), "")


def _no_motion(file: Npz) -> SourceError:
    found = f"the arrays {', '.join(file.names)[:200]}"
    expected = "poses, or root_orient and pose_body, with trans: this file holds no motion"
    return SourceError("format", found, expected=expected)
