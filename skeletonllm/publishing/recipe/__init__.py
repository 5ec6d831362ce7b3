"""Releases of corpora that may not be passed on: what is told of them, and no motion.

``docs/PUBLISHING.md`` says what a recipe holds, and what its rebuilding proves.
"""

from skeletonllm.publishing.recipe.checking import inspect_recipe
from skeletonllm.publishing.recipe.layout import is_recipe
from skeletonllm.publishing.recipe.making import make_recipe
from skeletonllm.publishing.recipe.rebuilding import RebuiltRelease, rebuild_release

__all__ = ["RebuiltRelease", "inspect_recipe", "is_recipe", "make_recipe", "rebuild_release"]
