"""The tars of a recipe, each made anew by a task of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pipelines.verify import run_tars
from skeletonllm.publishing.recipe import RebuiltRelease, rebuild_release

STAGE = "rebuild"


def rebuild_on_ray(recipe: str, corpora: Sequence[str], root: str) -> RebuiltRelease:
    """See :func:`skeletonllm.publishing.recipe.rebuild_release`; on all CPUs of Ray."""
    return rebuild_release(recipe, corpora, root, partial(run_tars, stage=STAGE))
