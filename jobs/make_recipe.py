"""A release -> its recipe: all that is told of the clips, without their motions."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import console, run_job, show


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    release: Annotated[str, tyro.conf.Positional]
    """Folder of one version of a release, of any audience: <root>/<name>/<semver>."""
    output: Annotated[str, tyro.conf.arg(aliases=["-o"])] = "recipes"
    """Folder of all recipes."""


def main(flags: Flags) -> int:
    """Write the recipe of a release: ids, annotations, rationales, hashes, and no motion."""
    from skeletonllm.publishing.recipe import make_recipe
    from skeletonllm.storage import absolute, join, read_json

    recipe = make_recipe(absolute(flags.release), flags.output)
    manifest = read_json(join(recipe, "manifest.json"))
    show(f"recipe of {manifest['name']} {manifest['version']}", manifest["counts"])
    console.print(f"recipe: {recipe}\nhow to rebuild it: {join(recipe, 'README.md')}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
