"""What a server refuses before it starts; a running one, see tests/jobs/test_serve.py."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from pipelines.serve.replica import ServeConfig
from skeletonllm.errors import StateError, UsageError
from tests.skeletonllm.answering.conftest import write_checkpoint


@pytest.fixture
def module() -> ModuleType:
    with warnings.catch_warnings():  # Ray Serve imports what pydantic has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        from pipelines.serve import run  # noqa: PLC0415
    return run


def test_another_s_ray_serve_is_left_alone(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ServeConfig(checkpoint=write_checkpoint(tmp_path), port=0)
    stopped: list[str] = []
    monkeypatch.setattr(module.serve, "status", lambda: SimpleNamespace(proxies={"node": "up"}))
    monkeypatch.setattr(module.serve, "shutdown", lambda: stopped.append("all of it"))
    with pytest.raises(UsageError, match="runs a Ray Serve already.*Unset RAY_ADDRESS"):
        module.run_server(config).__enter__()
    assert stopped == []


def test_no_checkpoint_and_no_such_address_are_refused(module: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no whole checkpoint"):
        module.run_server(ServeConfig(checkpoint=str(tmp_path))).__enter__()
    checkpoint = write_checkpoint(tmp_path / "checkpoint")
    for config in (
        ServeConfig(checkpoint=checkpoint, host="203.0.113.7"),
        ServeConfig(checkpoint=checkpoint, port=70_000),
    ):
        with pytest.raises(UsageError, match="cannot listen at .*another --port"):
            module.run_server(config).__enter__()
