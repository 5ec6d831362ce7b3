"""Class names of the benchmark corpora, from ``labels.json``.

Names and numbers are those of the dataset papers and pages (NTU RGB+D 60 and 120: Shahroudy et al.,
CVPR 2016, Liu et al., TPAMI 2019; NW-UCLA: Wang et al., CVPR 2014).
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TypedDict

from skeletonllm.errors import SourceError

UNLABELLED = frozenset(
    {"", "-1", "na", "n/a", "nan", "no label", "no_label", "none", "null", "undefined", "unknown"}
    | {"unlabeled", "unlabelled"}
)
"""What files write where nobody has labelled a clip, in lower case."""


class Facts(TypedDict, total=False):
    """What a file name says about a clip, as fields of Clip."""

    label: str
    label_id: int
    label_namespace: str
    subject: str
    camera: str
    setup: str
    repetition: str


@cache
def actions(namespace: str) -> dict[int, str]:
    """Class name by the corpus' own action number, in ascending order.

    Example:
        >>> actions("nw_ucla")[12]
        'carry'
    """
    text = files("skeletonllm.corpora.toolkit").joinpath("labels.json").read_text("utf-8")
    return {
        int(number): name
        for number, name in sorted(json.loads(text)[namespace].items(), key=_number)
    }


def names(namespace: str) -> tuple[str, ...]:
    """Class names in the order of ``label_id``."""
    return tuple(actions(namespace).values())


def look_up_label(namespace: str, number: int) -> tuple[str, int]:
    """Name and 0-based ``label_id`` of an action number.

    The id is the position among the numbers that exist: NW-UCLA has no a07 and no a10, so its a12
    is class 9.

    Args:
        namespace: A benchmark corpus.
        number: Number of the class in its files.

    Raises:
        SourceError: ``unknown_label``.

    Example:
        >>> look_up_label("nw_ucla", 12)
        ('carry', 9)
    """
    known = actions(namespace)
    if number not in known:
        listed = ", ".join(map(str, known)) if len(known) < 20 else f"1 to {max(known)}"
        raise SourceError("unknown_label", f"action number {number}", expected=listed)
    return known[number], list(known).index(number)


SEVERAL_LABELS = "several_labels"
"""Flag: more than one label is stated; a clip has one, so it bears none."""


CONTRADICTS_NAME = "label_contradicts_name"
"""Flag: a number that is stated as the label is not that of the name, whose label the clip bears.
"""


def contradicts(label: object, facts: Facts) -> bool:
    """Whether a stated number is another label than that which a name says.

    Args:
        label: As stated; what is no number contradicts nothing.
        facts: What the name says.

    Example:
        >>> [contradicts(label, {"label_id": 9}) for label in (9, 10, None, "clapping")]
        [False, True, False, False]
    """
    if isinstance(label, bool) or not isinstance(label, int) or is_unlabelled(label):
        return False
    return facts.get("label_id", label) != label


def is_unlabelled(label: object) -> bool:
    """Whether a label says that there is none: such a clip is unlabelled, and no reject.

    Example:
        >>> [is_unlabelled(label) for label in (None, " Unknown", -1, "-1", 0, "wave")]
        [True, True, True, True, False, False]
    """
    if label is None or isinstance(label, str):
        return str(label or "").strip().lower() in UNLABELLED
    return isinstance(label, int | float) and not label >= 0  # NaN too


def _number(item: tuple[str, str]) -> int:
    return int(item[0])
