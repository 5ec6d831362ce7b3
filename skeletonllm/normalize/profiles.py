"""Named, versioned recipes of what happens to a clip between its reader and ``clips/``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.normalize.clips import drop_ghosts, order_persons
from skeletonllm.normalize.identity import settle_identity
from skeletonllm.normalize.published.ctrgcn import apply_ctrgcn
from skeletonllm.normalize.published.mmaction2 import apply_mmaction2
from skeletonllm.normalize.published.paper import apply_paper
from skeletonllm.normalize.published.pyskl import apply_pyskl
from skeletonllm.normalize.space import check_space

Step = Callable[[Clip], Clip]


@dataclass(frozen=True)
class Profile:
    """A recipe.

    Args:
        name: What ``--profile`` takes.
        version: Raised whenever the steps would give another result.
        about: One sentence for ``--help``.
        steps: Functions from a clip to a clip, applied in order; they may raise SourceError.
    """

    name: str
    version: str
    about: str
    steps: tuple[Step, ...]

    @property
    def id(self) -> str:
        """``name@version``, as stored in the clips it made."""
        return f"{self.name}@{self.version}"


RAW = Profile("raw", "2", "As read: every person row, in the reader's order.", ())
CLEAN = Profile(
    "clean",
    "2",
    "Bodies told apart, ghosts left out, the main person first; nothing is moved.",
    (settle_identity, drop_ghosts, order_persons, check_space),
)

PYSKL = Profile(
    "pyskl",
    "1",
    "As pyskl's ntu_preproc.py has it (kennymckormick/pyskl, 3f6795f).",
    (apply_pyskl,),
)
MMACTION2 = Profile(
    "mmaction2",
    "1",
    "As mmaction2's gen_ntu_rgbd_raw.py has it (open-mmlab/mmaction2, 4d6c934).",
    (apply_mmaction2,),
)
CTRGCN = Profile(
    "ctrgcn", "1", "As CTR-GCN's data/ntu has it (Uason-Chen/CTR-GCN, e13d758).", (apply_ctrgcn,)
)
PAPER = Profile(
    "paper",
    "1",
    "As the published SkeletonLLM reads it (wangzy01/SkeletonLLM, 23403c9).",
    (apply_paper,),
)

PROFILES: dict[str, Profile] = {
    profile.name: profile for profile in (CLEAN, RAW, PYSKL, MMACTION2, CTRGCN, PAPER)
}
"""All recipes by name."""


def get_profile(name: str) -> Profile:
    """Profile by name.

    Raises:
        UsageError: The name is unknown; the message lists the known ones.
    """
    try:
        return PROFILES[name]
    except KeyError:
        known = ", ".join(sorted(PROFILES))
        raise UsageError(f"unknown profile {name!r}", expected=f"one of {known}") from None


def normalize(clip: Clip, profile: str = "clean") -> Clip:
    """Take a clip through a recipe.

    With ``raw`` and ``clean``, frames keep their number and their numbering, coordinates are not
    touched, and applying a recipe twice changes nothing more. The recipes of others
    (:mod:`skeletonllm.normalize.published`) do what their origins do, and only to clips as read.

    Args:
        clip: As its reader gives it.
        profile: Name of one of :data:`PROFILES`.

    Raises:
        UsageError: The profile is unknown, or not for such clips.
        SourceError: Nothing of the clip is left.

    Example:
        >>> normalize(clip).profile  # doctest: +SKIP
        'clean@2'
    """
    recipe = get_profile(profile)
    for step in recipe.steps:
        clip = step(clip)
    return replace(clip, profile=recipe.id, slots=None)
