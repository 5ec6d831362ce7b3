from __future__ import annotations

import pytest

from skeletonllm.sensor_topologies import SENSOR_TOPOLOGIES
from skeletonllm.topology import Topology, get_topology


@pytest.mark.parametrize("topology", SENSOR_TOPOLOGIES, ids=lambda t: t.name)
def test_each_is_one_tree_that_a_mirror_leaves_as_it_is(topology: Topology) -> None:
    assert get_topology(topology.name) is topology
    assert len(topology.bones) == len(topology) - 1
    assert topology.parents.count(-1) == 1
    assert str(len(topology)) in topology.name
    swapped = {(topology.mirror[a], topology.mirror[b]) for a, b in topology.bones}
    assert swapped == set(topology.bones)


def test_rights_are_as_many_as_lefts() -> None:
    for topology in SENSOR_TOPOLOGIES:
        sides = [joint.partition("_")[0] for joint in topology.joints]
        assert sides.count("left") == sides.count("right") > 5
