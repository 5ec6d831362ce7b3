"""A clip made again as the lineage of a release says: its folder, its recipe, its terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.normalize.profiles import get_profile, normalize
from skeletonllm.normalize.timing import Timing
from skeletonllm.storage import exists, join
from skeletonllm.storage.files import list_folders


def find_root(raw: str, recorded: str, stage: Mapping[str, Any]) -> str:
    """The folder or file that ``normalize`` was given: ids of clips may depend on it.

    Below ``raw`` itself the recorded place exists, or below one of its folders. Until version 2 of
    the stage, a recorded place starts with the name of that folder.

    Args:
        raw: That folder, or one above it.
        recorded: The place of a source in a release.
        stage: ``normalize``, as the lineage has it.
    """
    if str(stage.get("version", "1")) in _NAME_ROOTS:
        name = recorded.partition("/")[0]
        given = raw.rstrip("/").rpartition("/")[2]
        below = join(raw, name)
        return below if given != name and exists(below) else raw
    if exists(join(raw, recorded)):
        return raw
    found = [folder for folder in list_folders(raw) if exists(join(folder, recorded))]
    return found[0] if len(found) == 1 else raw


_NAME_ROOTS = ("1", "2")


def remake_clip(clip: Clip, meta: Mapping[str, Any], config: Mapping[str, Any]) -> Clip:
    """A clip as its reader gives it, made what it was in the release.

    Args:
        clip: Of the reader.
        meta: What the release says of it: ``profile``, ``licence`` and ``source_uri`` are used.
        config: Of the ``normalize`` stage that made it.

    Raises:
        SkeletonLLMError: It cannot be normalized, or not by the recipe of then.
    """
    made = _normalize(clip, str(meta["profile"]))
    if not config.get("orientations"):
        made = replace(made, motion=replace(made.motion, orientations=None))
    return replace(made, licence=meta["licence"], source_uri=meta["source_uri"])


def _normalize(clip: Clip, profile: str) -> Clip:
    """As the stage does; UsageError where this version has another recipe of that name."""
    recipe, plus, timing = profile.partition("+")
    name = recipe.partition("@")[0]
    here = get_profile(name)
    if here.id != recipe:
        found = f"the recipe {here.id} is here, and {recipe} made the clip"
        raise UsageError(found, hint="Install the version of skeletonllm that the lineage names.")
    return Timing.parse(plus + timing).apply(normalize(clip, name))
