"""Files and values of the version before: read, with a sentence that names what to say now."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from skeletonllm.draction import DrAction, DrActionConfig, load_renderer, save_renderer
from skeletonllm.draction.config import PARTS
from skeletonllm.draction.old_names import translate_profile
from skeletonllm.draction.weights import FORMAT

FIRST = Path(__file__).parents[2] / "fixtures" / "v1" / "renderer"
"""Written by the version whose configuration said ``profile``."""
PLAIN = dict.fromkeys(PARTS, False)
SMALL = {"size": 56, "patch": 14, "hidden": 4, "seed": 5, **PLAIN}


@pytest.mark.parametrize(
    ("file", "config"),
    [
        ("ours", DrActionConfig(**SMALL, points_per_bone=2, features=4)),
        (
            "paper",
            DrActionConfig(**SMALL, points_per_bone=1, formula="published", camera="sensor"),
        ),
    ],
)
def test_weights_of_the_first_version_are_read_and_written_as_those_of_today(
    file: str, config: DrActionConfig, tmp_path: Path
) -> None:
    renderer = load_renderer(FIRST / f"{file}.safetensors")
    assert renderer.config == config
    expected = DrAction(config).state_dict()
    # Of another processor than the file's: the last bit of its first colours may differ.
    torch.testing.assert_close(renderer.state_dict(), dict(expected), rtol=0, atol=1e-6)
    save_renderer(renderer, tmp_path / "again")
    with safe_open(str(tmp_path / "again"), framework="pt") as again:
        about = json.loads(again.metadata()["skeletonllm"])
    assert about["format"] == FORMAT
    assert (about["config"]["formula"], about["config"]["camera"]) == (
        config.formula,
        config.camera,
    )
    assert "profile" not in about["config"]
    assert load_renderer(tmp_path / "again").config == config


def test_the_old_camera_is_understood_and_the_new_one_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert DrActionConfig(camera="paper") == DrActionConfig(camera="sensor")
        assert "camera 'paper' is now called 'sensor'" in caplog.text
        caplog.clear()
        DrActionConfig(camera="fit")
    assert not caplog.records


@pytest.mark.parametrize(("profile", "formula"), [("ours", "body"), ("paper", "published")])
def test_the_old_flag_names_the_new_one(
    profile: str, formula: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert translate_profile(profile) == formula
    assert f"--profile {profile} is now --formula {formula}" in caplog.text
