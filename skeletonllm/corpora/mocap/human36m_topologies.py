"""What the names of Human3.6M's files say."""

from __future__ import annotations

import re

from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.labels import Facts

NAMESPACE = "human36m"

_FORMS = {
    "taking photo": "(?:taking[ _]?)?photo",
    "walking dog": "walk(?:ing)?[ _]?dog",
    "walking together": "walk(?:ing)?[ _]?together",
}
"""How files write actions, where not as they are."""

_GROUPS = "|".join(
    f"(?P<a{number}>{_FORMS.get(name, name.replace(' ', '[ _]?'))})"
    for number, name in sorted(labels.actions(NAMESPACE).items(), key=lambda item: -len(item[1]))
)
_NAME = re.compile(
    rf"(?<![a-z0-9])(?:s(?P<subject>\d{{1,2}})[ _/.-]+)?(?:{_GROUPS})(?![a-z])"
    r"(?:[ _](?P<take>\d)(?!\d))?(?:\.(?P<camera>\d{8})(?!\d))?"
)
_NUMBERED = re.compile(
    r"s_(?P<subject>\d\d)_act_(?P<action>\d\d)_subact_(?P<take>\d\d)(?:_ca_(?P<camera>\d\d))?"
)


def facts_of_path(path: str) -> Facts:
    """What a path says: ``S1/Walking 1.54138969``, ``s1_eating``, ``s_01_act_02_subact_01_ca_01``.

    Raises:
        SourceError: ``unknown_label`` for an action number that the corpus does not have.

    Example:
        >>> facts_of_path("S9/SittingDown 1.54138969")["label"]
        'sitting down'
    """
    name = path.lower()
    numbered, matches = _NUMBERED.search(name), list(_NAME.finditer(name))
    found = numbered or (matches[-1] if matches else None)
    if found is None:
        return {}
    known = {key: value for key, value in found.groupdict().items() if value}
    number = known.pop("action", "") or next(key[1:] for key in known if key[0] == "a")
    label, label_id = labels.look_up_label(NAMESPACE, int(number))
    facts: Facts = {"label": label, "label_id": label_id, "label_namespace": NAMESPACE}
    for key, field in (("subject", "subject"), ("take", "repetition"), ("camera", "camera")):
        if key in known:
            facts[field] = str(int(known[key]))  # type: ignore[literal-required]
    return facts


_SUBJECTS = frozenset("1 5 6 7 8 9 11".split())
"""Of whom the corpus gives positions."""


def is_subject(name: str) -> bool:
    """Whether a name is that of a subject: ``S1``, ``s11``."""
    return name[:1] in ("S", "s") and name[1:] in _SUBJECTS


def is_own_path(path: str) -> bool:
    """Whether a path names a subject and an action of the corpus.

    Example:
        >>> [is_own_path(path) for path in ("S1/Walking 1.npy", "walking.npy", "S2/walking.npy")]
        [True, False, False]
    """
    return facts_of_path(path).get("subject") in _SUBJECTS
