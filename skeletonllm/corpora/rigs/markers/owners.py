"""What a label says of whose marker it is, and whether it is a name at all.

``Ann:LKNE`` is Ann's. So is ``Ann_LKNE`` where several labels share what stands before the
underscore, and ``LKNE_P1`` where there is a ``LKNE_P2``. ``*12``, ``U_12`` and ``Unlabeled 3`` are
what programs call points that nobody named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from skeletonllm.corpora.rigs.markers.words import LONGEST, SIDES, read_marker
from skeletonllm.motion import BoolArray

BODY_WORDS = 3
"""Fewest places of a body that a person's markers lie at: those of one leg."""

_UNLABELLED = re.compile(
    r"[\W_]*|[*?#]+[\W_]*[\d.]*|(u|un|unl|unlab\w*?|unnam\w*?|uname|unknown|unident\w*?|undef\w*?|"
    r"unassigned|no ?name|none|null|nan|ghost|uncorr\w*?|extra)[\W_]*\*?\d*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(marker|mkr|mrk|m|point|pt|p|traj\w*?|track|new|virtual|v|label|target|c|t|l|s)?"
    r"[\W_]*\d+([\W_]\d+)*",
    re.IGNORECASE,
)
_SERIES = re.compile(r"([CTL])[ _.\-]+(\d{1,4})", re.IGNORECASE)
_VERTEBRAE = {"C": 7, "T": 12, "L": 5}
_BEFORE = re.compile(r"([^ _.\-/|]+)[ _.\-/|]+(.+)")
_BEHIND = re.compile(
    r"(.+?)[ _.\-/|]+((?:person|subject|subj|sub|actor|player|skeleton|p|s)[ _]?\d+|\d|[A-H])",
    re.IGNORECASE,
)
_LEAST_SHARED = 4
"""Fewest labels that share what stands before an underscore for it to be a name of somebody."""


def split_owners(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Whose each label is (empty for nobody's), and the label itself.

    Args:
        labels: As in the file.

    Example:
        >>> split_owners(["Ann:LKNE", "L:KNE", "LKNE"])
        [('Ann', 'LKNE'), ('', 'L:KNE'), ('', 'LKNE')]
    """
    before, behind = _shared_before(labels), _shared_behind(labels)
    return [_split(label, before, behind) for label in labels]


def find_named(labels: Sequence[str]) -> BoolArray:
    """Which points somebody has given a name, [N].

    ``Marker_12`` is a name where all points are called so, and none where others have names of
    places on a body; ``box:1`` is the name of a corner. ``C_7`` is none in a row of ``C_1`` to
    ``C_20``.

    Args:
        labels: Of the N points.
    """
    labels = [label[-LONGEST:].strip() for label in labels]
    split = split_owners(labels)
    known = [read_marker(own) for _, own in split]
    words: dict[str, set[str]] = {}
    for (owner, _), marker in zip(split, known, strict=True):
        words.setdefault(owner, set()).update([marker.word] if marker else [])
    bodies = {owner for owner, found in words.items() if len(found) >= BODY_WORDS}
    rows = _numbered_rows([own for _, own in split])
    named = np.ones(len(labels), np.bool_)
    for i, (owner, own) in enumerate(split):
        series = _SERIES.fullmatch(own)
        if _UNLABELLED.fullmatch(own) or _UNLABELLED.fullmatch(labels[i]):
            named[i] = False
        elif series and series[1].upper() in rows:
            named[i] = not bodies
        elif known[i] is None and _NUMBERED.fullmatch(own):
            is_somebodys = owner and not _NUMBERED.fullmatch(labels[i])
            named[i] = owner not in bodies if is_somebodys else not bodies
    return named


def _split(label: str, before: frozenset[str], behind: frozenset[str]) -> tuple[str, str]:
    """Whose a label is, and the label itself; ``L:KNE`` has a side and nobody."""
    owner, _, own = (part.strip() for part in label.rpartition(":"))
    if owner and own and owner.lower() not in SIDES:
        return owner, own
    match = _BEFORE.fullmatch(label)
    if match and match[1] in before:
        return match[1], match[2]
    match = _BEHIND.fullmatch(label)
    return (match[2], match[1]) if match and match[2] in behind else ("", label)


def _shared_before(labels: Sequence[str]) -> frozenset[str]:
    """What several labels have before an underscore and markers behind it."""
    plain = (label for label in labels if ":" not in label)
    matches = [match for label in plain if (match := _BEFORE.fullmatch(label))]
    everything = Counter(match[1] for match in matches)
    known = Counter(match[1] for match in matches if read_marker(match[2]))
    return frozenset(
        owner
        for owner, count in known.items()
        if count >= max(_LEAST_SHARED, everything[owner] / 2)
        and owner.lower() not in SIDES
        and not _is_place(owner)
    )


def _shared_behind(labels: Sequence[str]) -> frozenset[str]:
    """What most labels end in, if the same markers end in one thing and in another."""
    matches = [match for label in labels if (match := _BEHIND.fullmatch(label))]
    owns: dict[str, set[str]] = {}
    for match in matches:
        if read_marker(match[1]):
            owns.setdefault(match[2], set()).add(match[1])
    shared = [owner for owner, own in owns.items() if len(own) >= _LEAST_SHARED]
    covered = sum(len(owns[owner]) for owner in shared) * 10 >= len(labels) * 8
    if len(shared) < 2 or not covered:
        return frozenset()
    common = set.intersection(*(owns[owner] for owner in shared))
    most = max(len(owns[owner]) for owner in shared)
    return frozenset(shared) if len(common) * 2 >= most else frozenset()


def _is_place(owner: str) -> bool:
    """Whether the first part of labels is a place itself, as in ``head_left``."""
    return any(read_marker(f"{side}{owner}") for side in ("", "L_"))


def _numbered_rows(owns: Sequence[str]) -> set[str]:
    """Letters of vertebrae that count further than there are any."""
    most: Counter[str] = Counter()
    for own in owns:
        if match := _SERIES.fullmatch(own):
            most[match[1].upper()] = max(most[match[1].upper()], int(match[2]))
    return {letter for letter, number in most.items() if number > _VERTEBRAE[letter]}
