"""The front door: complete, in order, each name from its home; its weight: jobs/test_startup."""

from __future__ import annotations

import ast
import importlib
from importlib.metadata import version
from pathlib import Path

import pytest

import skeletonllm
from skeletonllm import corpora, training

LAZY = (skeletonllm, corpora, training)
NAMES = (
    "Clip DrAction DrActionConfig Motion MotionBatch Stream Topology View "
    "__version__ get_reader get_topology"
).split()


def typed(package: object) -> dict[str, str]:
    """Home of each name that a package imports for those who check types."""
    tree = ast.parse(Path(package.__file__).read_text())
    (block,) = (n for n in tree.body if isinstance(n, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    return {alias.name: node.module for node in block.body for alias in node.names}


def test_the_front_door_offers_what_most_programs_start_from() -> None:
    assert skeletonllm.__all__ == NAMES
    assert set(NAMES) <= set(dir(skeletonllm))
    assert skeletonllm.__version__ == version("skeletonllm")
    assert skeletonllm.get_reader("ntu_rgbd").name == "ntu_rgbd"


@pytest.mark.parametrize("package", LAZY, ids=lambda p: p.__name__)
def test_every_name_loads_from_the_home_that_type_checkers_see(package) -> None:
    homes = typed(package)
    assert homes
    assert set(homes) <= set(package.__all__) <= set(dir(package))
    for name, home in homes.items():
        assert getattr(package, name) is getattr(importlib.import_module(home), name)
        assert package.__getattr__(name) is getattr(package, name)
    for name in package.__all__:
        assert hasattr(package, name)


@pytest.mark.parametrize("package", LAZY, ids=lambda p: p.__name__)
def test_a_name_that_nobody_has_is_an_attribute_error(package) -> None:
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'No'"):
        package.No  # noqa: B018
