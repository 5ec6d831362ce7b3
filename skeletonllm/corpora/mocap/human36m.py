"""Human3.6M (Ionescu et al., TPAMI 2014): joint positions as arrays, or rotation vectors as text.

    <any>.npy                  float [T, 32, 3], or [T, 17, 3] of the joints that move
    <any>.npz                  positions_3d: {subject: {action: float [T, 32, 3]}} (VideoPose3D)
    S1/directions_1.txt        99 numbers a line, see :mod:`.human36m_expmap`

50 frames a second, metres or millimetres; which of the two follows from the length of the thighs.
In the world z is up; in the space of a camera y is down and z points away from it. An array of
other content (2D poses, adjacency, normalised joints) is a reject that says what it is.

Many networks write arrays of the same shape in units of their own. Certainly of this corpus are
arrays of 32 joints, where those coincide that are one point in it. A bare array of 17 is read where
its path names a subject and an action (``S1/Walking 1.npy``), the body has the corpus' size, and
the pelvis is not kept at the origin; but a name is no evidence: that it is of this corpus, and its
rate, are assumed and flagged, and its licence is unknown. So it is with rows of 99 numbers whose
path does not name both. Others are left to :mod:`skeletonllm.corpora.exchange.lifted_poses`.
Subjects and actions of ``positions_3d`` that are not the corpus' own are somebody else's
(VideoPose3D's custom data): they are read as lifted poses are.

Subject, action, take and camera are those of the path. ``positions_3d`` is a pickle: it is read by
:mod:`skeletonllm.corpora.formats.safe_pickle`, which executes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, list_sources, load, plain_path
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.formats.text_table import parse_table
from skeletonllm.corpora.mocap.human36m_expmap import (
    COLUMNS,
    check_rows,
    level_floor,
    recover_joints,
)
from skeletonllm.corpora.mocap.human36m_topologies import (
    NAMESPACE,
    facts_of_path,
    is_own_path,
    is_subject,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import BARE, make_bare_motion
from skeletonllm.corpora.rigs.posed_rig import ADULT_M, POSSIBLE, SURE, name_main_axis
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FORMAT_ASSUMED,
    FPS_ASSUMED,
    SKELETON_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.licences import UNKNOWN
from skeletonllm.mocap_topologies import H36M_17, H36M_32
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology

FPS = 50.0
MAX_TEXT = 16 << 20
MAX_ARCHIVE = 256 << 20
"""VideoPose3D's file of all subjects unpacks to 200 MB."""

MAX_FRAMES = 100_000
"""Most frames of one motion: half an hour."""

KEY = "positions_3d"
STANDARD_BODY = "standard_body"
"""Flag: bones are the published ones of S1, not the subject's own."""

START_ASSUMED = "start_assumed"
"""Flag: the motion starts at the origin, since the file does not say where it was. With
``axes_assumed``, what is up is as exact as the pelvis was level in the first frame."""

TOPOLOGIES: Mapping[int, Topology] = {32: H36M_32, 17: H36M_17}


class Human36mReader:
    """Reader of positions as ``.npy`` and ``.npz``, and of rotation vectors as text."""

    name = "human36m"
    licence = "human36m"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The fifteen actions."""
        return {NAMESPACE: labels.names(NAMESPACE)}

    def sources(self, root: str) -> list[Source]:
        """All arrays below ``root``, and the texts that are named after an action."""
        return list_sources(root, ".npy", ".npz", ".txt", keep=_may_be)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file; of an ``.npz``, one for each action of each subject."""
        path = plain_path(source.uri)
        kind = path.lower().rpartition(".")[2]
        if kind == "npz":
            yield from self._archive(source)
            return
        data = load(source, MAX_TEXT) if kind == "txt" else load(source)
        facts = facts_of_path(path)
        if kind == "txt":
            rows = parse_table(decode(data), COLUMNS, delimiter=",")
            motion, flags = _of_rows(rows, path, typed=True)
        else:
            motion, flags = _of_array(parse_npy(data), path)
        licence = self._licence_of(flags)
        yield clip_of(self, source, data, motion, flags=flags, licence=licence, **facts)

    def _licence_of(self, flags: tuple[str, ...]) -> str:
        return UNKNOWN if FORMAT_ASSUMED in flags else self.licence

    def _archive(self, source: Source) -> Iterator[Clip | Reject]:
        data = load(source, MAX_ARCHIVE)
        sequences = [*_sequences(Npz(data, MAX_ARCHIVE))]
        own = all(is_subject(subject) for subject, _, _ in sequences)
        for subject, action, array in sequences:
            name = f"{subject}/{action}"
            try:
                motion, flags = _of_archive(np.asarray(array), name, own)
                yield clip_of(
                    self,
                    source,
                    data,
                    motion,
                    clip_id=f"{self.name}/{source.source_id}/{name}",
                    flags=flags,
                    licence=self._licence_of(flags),
                    **facts_of_path(name),
                )
            except SourceError as error:
                yield Reject.of(f"{source.uri}#{name}", error)


def _may_be(uri: str) -> bool:
    """Texts say nothing of their corpus, so their names must."""
    return not uri.lower().endswith(".txt") or bool(facts_of_path(uri))


def _sequences(archive: Npz) -> Iterator[tuple[str, str, Any]]:
    """Subject, action and array of each motion of an archive, in its order."""
    if KEY not in archive:
        found = f"the arrays {', '.join(archive.names)[:200]}"
        hint = "positions_2d holds pictures; single images are no motion." if archive.names else ""
        raise SourceError("format", found, expected=KEY, hint=hint or None)
    values = archive.objects(KEY)
    subjects = values[0] if len(values) == 1 else None
    if not isinstance(subjects, dict) or not subjects:
        raise SourceError("format", f"{KEY} of {len(values)} objects", expected="a dict")
    for subject, actions in subjects.items():
        if not isinstance(actions, dict):
            raise SourceError("format", f"{KEY}[{str(subject)[:40]!r}] is no dict of actions")
        for action, array in actions.items():
            yield str(subject)[:80], str(action)[:80], array


def is_of_corpus(uri: str, joints: Raw, topology: Topology) -> bool:
    """Whether positions are of this corpus: path and size say so, or the joints that are one point.

    Args:
        uri: Where they lie.
        joints: [T, 17 or 32, 3].
        topology: Of the joints.

    Raises:
        SourceError: ``unknown_label`` for a path that names an action the corpus does not have.
    """
    whole = _whole(joints)
    if not len(whole):
        return is_own_path(uri)
    thigh = _median(whole[:, topology.index("left_hip")] - whole[:, topology.index("left_knee")])
    if len(topology) == len(H36M_32):
        pairs = [(topology.index(a), topology.index(b)) for a, b in _ONE_POINT]
        return max(_median(whole[:, a] - whole[:, b]) for a, b in pairs) < 0.01 * thigh
    sizes = [thigh * unit / ADULT_M["hip", "knee"] for unit in UNITS]
    sized = any(1 / SURE < size < SURE for size in sizes)
    ends = {name: whole[:, topology.index(name)] for name in _ENDS}
    return is_own_path(uri) and sized and _is_between_hips(ends) and _is_placed(ends["pelvis"])


def _is_placed(pelvis: Raw) -> bool:
    """Whether a pelvis [T, 3] is somewhere; what networks lift has it at the origin."""
    return int((pelvis != 0).any(0).sum()) > 1


def _is_between_hips(at: Mapping[str, Raw]) -> bool:
    """Whether the pelvis lies between the hips, as that of the corpus does."""
    width = _median(at["left_hip"] - at["right_hip"])
    return _median(at["pelvis"] - (at["left_hip"] + at["right_hip"]) / 2) <= width / 4


UNITS = (1.0, 1e-3)
_ONE_POINT = (("pelvis", "pelvis.spine"), ("neck", "left_collar"), ("neck", "right_collar"))


def _of_archive(array: npt.NDArray[Any], name: str, own: bool) -> tuple[Motion, tuple[str, ...]]:
    """The motion of an array of ``positions_3d``, and its flags.

    Args:
        array: As in the file.
        name: Subject and action.
        own: Whether all subjects of the file are the corpus' own.
    """
    topology = _topology(array)
    if own and is_own_path(name) and is_of_corpus(name, _quiet(array), topology):
        return _of_array(array, name)
    motion = make_bare_motion(_quiet(array)[:, None], topology, FPS)
    return motion, (FORMAT_ASSUMED, SKELETON_ASSUMED, FPS_ASSUMED, *BARE)


def _topology(array: npt.NDArray[Any]) -> Topology:
    """What the joints of an array of positions are."""
    topology = TOPOLOGIES.get(array.shape[1]) if array.ndim == 3 else None
    if topology is None or array.shape[2] != 3 or array.dtype.kind != "f":
        flat = array.ndim == 3 and array.shape[2] == 2
        raise SourceError(
            "format",
            f"{'2D poses, ' if flat else ''}an array of {array.dtype} {array.shape}",
            expected="floats (T, 32, 3) or (T, 17, 3)",
        )
    check_size(len(array), 1, len(topology))
    return topology


def _of_array(array: npt.NDArray[Any], uri: str) -> tuple[Motion, tuple[str, ...]]:
    """The motion of an array of positions or rotation vectors, and its flags.

    Args:
        array: As in the file.
        uri: Where it lies, or its subject and action.
    """
    if array.dtype.kind == "f" and array.ndim == 2 and array.shape[1] == COLUMNS:
        return _of_rows(_quiet(array), uri)
    topology = _topology(array)
    joints = _quiet(array)
    unit, up = _unit_and_up(joints, topology)
    if not is_of_corpus(uri, joints, topology):
        raise SourceError(
            "format",
            f"an array {array.shape} that nothing but its shape says to be Human3.6M",
            expected="a path such as S1/Walking 1.npy, and thighs of some 0.42 m",
            hint="What a network lifted from pictures is read as lifted_poses.",
        )
    named = () if topology is H36M_32 else NAMED
    if up == "-y":  # a camera's: x to its right, y down, z away from it
        return _motion(joints * unit * [-1, -1, 1], topology, "camera"), named
    if up == "+y":
        return _motion(joints * unit, topology), (*named, AXES_ASSUMED)
    flags = named if up == "+z" else (*named, AXES_ASSUMED)
    return _motion(joints[..., [0, 2, 1]] * unit * [1, 1, -1], topology), flags


NAMED = (FORMAT_ASSUMED, FPS_ASSUMED)
"""Flags of what is of this corpus by a shape and a name."""


def _quiet(array: npt.NDArray[Any]) -> Raw:
    """As float64; a signalling NaN is a NaN, once it was counted with.

    Raises:
        SourceError: ``unsafe`` for more than :data:`MAX_FRAMES`.
    """
    if len(array) > MAX_FRAMES:
        raise SourceError("unsafe", f"{len(array)} frames", expected=f"at most {MAX_FRAMES}")
    with np.errstate(invalid="ignore"):
        return array.astype(np.float64) + 0.0


def _of_rows(rows: Raw, uri: str, typed: bool = False) -> tuple[Motion, tuple[str, ...]]:
    """The motion of rotation vectors [T, 99].

    Args:
        rows: As in the file.
        uri: Where they lie.
        typed: Whether they are text, whose name says what they are.
    """
    if not (np.abs(rows) < 1e5).all():  # refuses NaN too: sums would spread it
        raise SourceError("non_finite", "a number that is not finite or beyond 1e5")
    check_rows(rows, still=not typed)
    joints, level = level_floor(recover_joints(rows))
    named = () if is_own_path(uri) else NAMED
    flags = (*named, STANDARD_BODY, START_ASSUMED, *(() if level else (AXES_ASSUMED,)))
    return _motion(joints * 1e-3, H36M_32), flags


def _motion(joints: Raw, topology: Topology, space: str = "world") -> Motion:
    return motion_of(joints[:, None], topology, FPS, space=space)


def _unit_and_up(joints: Raw, topology: Topology) -> tuple[float, str]:
    """Metres in a unit and the axis that is up, from frames in which hips, head and feet are there.

    Raises:
        SourceError: ``format`` where the pelvis is not between the hips, as that of the corpus is;
            ``out_of_range`` where no unit makes the thighs a person's.
    """
    whole = _whole(joints[:, [topology.index(name) for name in _ENDS]])
    if not len(whole):
        return 1.0, "+z"  # too little is there: whoever counts what is missing says so
    at = {name: whole[:, i] for i, name in enumerate(_ENDS)}
    if not _is_between_hips(at):
        raise SourceError("format", "joint 0 is not between the hips", expected=topology.source)
    thigh = _median(at["left_hip"] - at["left_knee"])
    adult = ADULT_M["hip", "knee"]
    for unit in UNITS:
        if adult / POSSIBLE < thigh * unit < adult * POSSIBLE:
            along = (at["head"] - (at["left_ankle"] + at["right_ankle"]) / 2).mean(0)
            return unit, name_main_axis(along)
    expected = f"about {adult} (metres) or {1000 * adult:g} (millimetres)"
    raise SourceError("out_of_range", f"thighs of {thigh:.3g}", expected=expected)


def _whole(joints: Raw) -> Raw:
    """The frames in which every joint is there."""
    return np.asarray(joints[(np.abs(joints) < 1e6).all((1, 2))])  # refuses NaN too


_ENDS = "pelvis left_hip right_hip left_knee left_ankle right_ankle head".split()


def _median(vectors: Raw) -> float:
    return float(np.median(np.linalg.norm(vectors, axis=-1)))
