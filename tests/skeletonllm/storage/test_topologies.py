from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skeletonllm import topology
from skeletonllm.errors import UsageError
from skeletonllm.storage import (
    TOPOLOGIES,
    finished,
    join,
    load_topologies,
    merge_definitions,
    write_json,
)
from skeletonllm.storage.versions import STAGE_VERSION
from skeletonllm.topology import KINECT_V2, get_topology, is_registered

LAB = {**KINECT_V2.to_json(), "name": "kinect_of_a_lab"}
ANOTHER = {**KINECT_V2.to_json(), "name": "kinect_of_another"}


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topology, "_REGISTRY", dict(topology._REGISTRY))


def define(folder: Path, *definitions: dict[str, Any]) -> str:
    write_json(join(str(folder), TOPOLOGIES), {data["name"]: data for data in definitions})
    return str(folder)


def test_skeletons_of_a_folder_become_known(tmp_path: Path) -> None:
    assert load_topologies(str(tmp_path)) == {}
    (found,) = load_topologies(define(tmp_path, LAB)).values()
    assert found is get_topology("kinect_of_a_lab")
    assert found.joints == KINECT_V2.joints


def test_another_definition_is_refused_with_file_and_name(tmp_path: Path) -> None:
    load_topologies(define(tmp_path / "one", LAB))
    other = define(tmp_path / "two", {**LAB, "joints": LAB["joints"][::-1]})
    with pytest.raises(UsageError, match="two/topologies.json: kinect_of_a_lab: a different topol"):
        load_topologies(other)


@pytest.mark.parametrize(
    "stored", [{"lab": {"name": "lab"}}, {"lab": 3}, [], {"lab": {**LAB, "bones": [[1]]}}]
)
def test_what_is_no_definition_is_said_and_registers_nothing(stored: Any, tmp_path: Path) -> None:
    write_json(join(str(tmp_path), TOPOLOGIES), stored)
    with pytest.raises(UsageError, match=r"topologies\.json: no definition of a skeleton"):
        load_topologies(str(tmp_path))
    assert not is_registered("lab")


def test_who_opens_a_finished_folder_knows_its_skeletons(tmp_path: Path) -> None:
    stated = {"stage": "normalize", "schema_version": STAGE_VERSION, "version": "1"}
    rest = {"config": {}, "files": [], "counts": {}}
    write_json(join(define(tmp_path, LAB), "manifest.json"), {**stated, **rest})
    assert not is_registered("kinect_of_a_lab")
    finished(str(tmp_path), "normalize")
    assert is_registered("kinect_of_a_lab")


def test_definitions_of_several_folders_are_joined(tmp_path: Path) -> None:
    folders = [define(tmp_path / "one", LAB), define(tmp_path / "two", LAB, ANOTHER)]
    assert merge_definitions([*folders, str(tmp_path / "none")]) == {
        "kinect_of_a_lab": LAB,
        "kinect_of_another": ANOTHER,
    }
