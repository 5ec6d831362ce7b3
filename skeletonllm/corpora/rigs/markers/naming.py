"""From the labels of motion capture markers to the vocabulary, and which of them to join by bones.

A marker lies on the skin near a joint, so it bears that joint's word and its own label, without its
side: ``LKNE`` is ``left_knee.KNE``. A joint centre is the joint. Markers of the head take
``left_ear`` and ``right_ear``, because ``head`` has no sides that a mirror could swap. What labels
mean is in :mod:`skeletonllm.corpora.rigs.markers.words`.
"""

from __future__ import annotations

from skeletonllm.corpora.rigs.markers.bones import draw_bones
from skeletonllm.corpora.rigs.markers.words import (
    LONGEST,
    SIDED,
    UNSIDED,
    read_marker,
)
from skeletonllm.topology import Topology, register_topology

NO_BONES = "no_bones"
"""Flag: no two markers are known to belong to one limb, so that no bone is drawn."""


def _known() -> dict[str, str]:
    names = {label: marker.name for label, marker in UNSIDED.items()}
    for letter, side in (("L", "left"), ("R", "right")):
        names |= {f"{letter}{own}": f"{side}_{marker.name}" for own, marker in SIDED.items()}
    return names | {label: marker.name for label, marker in UNSIDED.items()}


KNOWN = _known()
"""Joint names by label, for labels that are letters of a table."""


def name_markers(labels: list[str], side: str = "") -> tuple[list[str], list[str]]:
    """A joint name for each label, and the labels that are not known.

    An unknown label that starts with a known one sits where that one does (``LFEPRef``); any other
    hangs on the pelvis, or on the hip of its side if there is another label like it but for an L
    and an R (``qLTHX`` and ``qRTHX``).

    Args:
        labels: As in the file, without the names of persons.
        side: ``left`` or ``right`` for labels of limbs that have no side, see
            :func:`skeletonllm.corpora.rigs.markers.sides.find_side`.

    Example:
        >>> name_markers(["LKNE", "SACR", "LKNE2", "ball"])
        (['left_knee.KNE', 'pelvis.SACR', 'left_knee.KNE2', 'pelvis.ball'], ['ball'])
    """
    names: dict[str, None] = {}
    unknown: list[str] = []
    all_labels = set(labels)
    others = frozenset(label.upper() for label in labels)
    for label in labels:
        marker = read_marker(label, others)
        if marker is None and side:
            marker = read_marker(f"{side}_{label}")
        if marker is None:
            unknown.append(label)
        name = _nearest(label, all_labels) if marker is None else marker.name
        names[_free(name, label, names)] = None
    return list(names), unknown


def _free(name: str, label: str, taken: dict[str, None]) -> str:
    """The name, with the label or a number behind it if it is taken."""
    if name in taken and "." not in name:
        name = f"{name}.{_plain(label)}"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def make_marker_topology(names: list[str], source: str, family: str = "c3d") -> Topology:
    """The skeleton of these markers, registered under a hash of its definition.

    Args:
        names: Joint names of the markers, see :func:`skeletonllm.topology.locate_joint`.
        source: Where the set of markers is described.
        family: First word of the skeleton's name: the format that the markers came in.
    """
    joints, pairs = tuple(names), draw_bones(names)
    made = Topology(family, joints, pairs, 3, source)
    return register_topology(Topology(f"{family}_{made.sha256[:8]}", joints, pairs, 3, source))


def _nearest(label: str, labels: set[str]) -> str:
    """A name for a label that is not known."""
    own = _plain(label)
    starts = (own[:n].upper() for n in range(min(len(own), LONGEST), 3, -1))
    start = next((start for start in starts if start in KNOWN), "")
    word = KNOWN.get(start, "pelvis").partition(".")[0]
    if start:
        return f"{word}.{own[1:] if word.startswith(('left_', 'right_')) else own}"
    for i, letter in enumerate(label[:LONGEST]):
        side, other = _SIDES.get(letter, ("", ""))
        if side and f"{label[:i]}{other}{label[i + 1 :]}" in labels:
            return f"{side}_hip.{_plain(label[:i] + label[i + 1 :])}"
    return f"{word}.{own}"


_SIDES = {"L": ("left", "R"), "R": ("right", "L")}


def _plain(label: str) -> str:
    return "".join(c for c in label if c.isascii() and c.isalnum()) or "marker"
