"""Skeletons of Human3.6M, and its names in files.

Names are those of the corpus' own rig. Where two of its joints are always one point (the spine's
root and the pelvis, the collars and the neck, the ends of the hands), the second bears a name of
its own and has no bone: a bone of no length says nothing.
"""

from __future__ import annotations

import re

from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.topology import define, register_topology

H36M_32 = register_topology(
    define(
        "h36m_32",
        "pelvis R.hip R.knee R.ankle R.foot R.foot.tip L.hip L.knee L.ankle L.foot L.foot.tip "
        "pelvis.spine spine neck head head.top "
        "L.collar L.shoulder L.elbow L.wrist L.wrist.thumb L.thumb L.hand L.hand.end "
        "R.collar R.shoulder R.elbow R.wrist R.wrist.thumb R.thumb R.hand R.hand.end",
        "pelvis-*.hip-*.knee-*.ankle-*.foot-*.foot.tip pelvis-spine-neck-head-head.top "
        "neck-*.shoulder-*.elbow-*.wrist-*.thumb *.wrist-*.hand",
        3,
        "Human3.6M (Ionescu et al., TPAMI 2014), D3_Positions",
    )
)
H36M_17 = register_topology(
    define(
        "h36m_17",
        "pelvis R.hip R.knee R.ankle L.hip L.knee L.ankle spine neck head head.top "
        "L.shoulder L.elbow L.wrist R.shoulder R.elbow R.wrist",
        "pelvis-*.hip-*.knee-*.ankle pelvis-spine-neck-head-head.top "
        "neck-*.shoulder-*.elbow-*.wrist",
        3,
        "Human3.6M, the 17 joints that move (Martinez et al., ICCV 2017; VideoPose3D)",
    )
)

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
    label, label_id = labels.label_of(NAMESPACE, int(number))
    facts: Facts = {"label": label, "label_id": label_id, "label_namespace": NAMESPACE}
    for key, field in (("subject", "subject"), ("take", "repetition"), ("camera", "camera")):
        if key in known:
            facts[field] = str(int(known[key]))  # type: ignore[literal-required]
    return facts
