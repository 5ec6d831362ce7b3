"""The licences of clips, and what they allow.

A clip names its licence by id. A release keeps the terms of each id in ``licences.json``, and is
not cut for the public where a licence forbids it. An unknown licence allows nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from skeletonllm.errors import UsageError

REDISTRIBUTE = ("yes", "sharealike", "noncommercial", "no")
"""From the most to the least that a licence can allow."""


UNKNOWN = "unknown"
"""Nothing states the terms: such clips may not be passed on."""


@dataclass(frozen=True)
class Licence:
    """The terms of a licence.

    Args:
        id: Name of the licence in clips.
        url: Page of the terms; empty where none are known.
        redistribute: One of :data:`REDISTRIBUTE`.

    Raises:
        UsageError: ``redistribute`` is not one of them.

    Example:
        >>> get_licence("ntu_rgbd").redistribute
        'no'
        >>> get_licence("never heard of").redistribute
        'no'
    """

    id: str
    url: str
    redistribute: str

    def __post_init__(self) -> None:
        if self.redistribute not in REDISTRIBUTE:
            raise UsageError(
                f"redistribute {self.redistribute!r}",
                expected=f"one of {', '.join(REDISTRIBUTE)}",
                where=f"licence {self.id}",
            )

    def to_json(self) -> dict[str, str]:
        """Plain data, as stored in ``licences.json``."""
        return asdict(self)


_CC = "https://creativecommons.org"
_KNOWN = (
    Licence("synthetic", f"{_CC}/publicdomain/zero/1.0/", "yes"),
    Licence("cc0-1.0", f"{_CC}/publicdomain/zero/1.0/", "yes"),
    Licence("cc-by-4.0", f"{_CC}/licenses/by/4.0/", "yes"),
    Licence("cc-by-sa-3.0", f"{_CC}/licenses/by-sa/3.0/", "sharealike"),
    Licence("cc-by-sa-4.0", f"{_CC}/licenses/by-sa/4.0/", "sharealike"),
    Licence("cc-by-nc-4.0", f"{_CC}/licenses/by-nc/4.0/", "noncommercial"),
    Licence("cc-by-nc-sa-4.0", f"{_CC}/licenses/by-nc-sa/4.0/", "noncommercial"),
    Licence("apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0", "yes"),
    Licence("mit", "https://opensource.org/license/mit", "yes"),
    # AMASS is for research and may not be passed on; HumanML3D's motions are AMASS'.
    Licence("amass", "https://amass.is.tue.mpg.de/license.html", "no"),
    Licence("humanml3d", "https://github.com/EricGuo5513/HumanML3D", "no"),
    Licence("human36m", "https://vision.imar.ro/human3.6m/eula.php", "no"),
    # Its page is open to all and states no terms: unknown terms allow nothing.
    Licence("kit_ml", "https://motion-annotation.humanoids.kit.edu/dataset/", "no"),
    Licence("ntu_rgbd", "https://rose1.ntu.edu.sg/dataset/actionRecognition/", "no"),
    Licence("nw_ucla", "https://wangjiangb.github.io/my_data.html", "no"),
    Licence("pyskl", "https://github.com/kennymckormick/pyskl", "no"),
    Licence("msr_action3d", "https://sites.google.com/view/wanqingli/data-sets/msr-action3d", "no"),
    Licence(
        "msr_daily", "https://sites.google.com/view/wanqingli/data-sets/msr-dailyactivity3d", "no"
    ),
    Licence("msrc12", "https://research.microsoft.com/en-us/um/cambridge/projects/msrc12/", "no"),
    Licence("pku_mmd", "https://www.icst.pku.edu.cn/struct/Projects/PKUMMD.html", "no"),
    Licence(
        "sbu_kinect", "https://www3.cs.stonybrook.edu/~kyun/research/kinect_interaction/", "no"
    ),
    Licence("utd_mhad", "https://personal.utdallas.edu/~kehtar/UTD-MHAD.html", "no"),
    Licence("utkinect", "https://cvrc.ece.utexas.edu/KinectDatasets/HOJ3D.html", "no"),
    Licence("kinetics_skeleton", "https://github.com/yysijie/st-gcn", "no"),
    Licence(UNKNOWN, "", "no"),
)
_REGISTRY: dict[str, Licence] = {licence.id: licence for licence in _KNOWN}


def register_licence(licence: Licence) -> Licence:
    """The registered licence; use it to add the terms of your own corpus.

    Raises:
        UsageError: The id is taken by different terms.
    """
    known = _REGISTRY.setdefault(licence.id, licence)
    if known != licence:
        raise UsageError(
            f"other terms are registered under this id ({known.redistribute}, {known.url})",
            where=f"licence {licence.id}",
            hint="Choose another id.",
        )
    return known


def get_licence(id: str) -> Licence:
    """Licence by id; an id nobody registered may not be redistributed."""
    return _REGISTRY.get(id, Licence(id, "", "no"))


def list_licences() -> tuple[Licence, ...]:
    """All registered licences, by id."""
    return tuple(_REGISTRY[name] for name in sorted(_REGISTRY))
