"""Named, versioned recipes of what happens to a clip between its reader and ``clips/``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.normalize.clips import drop_nobodies, order_persons
from skeletonllm.normalize.identity import settle_identity
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
    (settle_identity, drop_nobodies, order_persons, check_space),
)

PROFILES: dict[str, Profile] = {profile.name: profile for profile in (CLEAN, RAW)}
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

    Frames keep their number and their numbering; coordinates are not touched. Applying a recipe
    twice changes nothing more.

    Raises:
        UsageError: The profile is unknown.
        SourceError: Nothing of the clip is left.

    Example:
        >>> normalize(clip).profile  # doctest: +SKIP
        'clean@2'
    """
    recipe = get_profile(profile)
    for step in recipe.steps:
        clip = step(clip)
    return replace(clip, profile=recipe.id, slots=None)
