"""What asking will cost: said before anything is sent, and true of what comes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipelines.teacher.answers import ask_teacher
from pipelines.teacher.estimates import estimate_cost
from skeletonllm.errors import UsageError
from skeletonllm.storage import read_json
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.fake_endpoint import FakeEndpoint
from skeletonllm.testing.stage_folders import write_clips_folder
from tests.pipelines.asking import (
    CLIPS,
    configure,
    count_requests,
    script,
    write_prices,
)

PICTURE_TOKENS = 255
"""A sheet of four frames of 96 pixels, by the formula of gpt-4o."""


def read_interval(row: str) -> tuple[float, float]:
    """The two ends in ``about 3 (2 to 4)``."""
    found = re.search(r"\((\S+) to (\S+)\)", row.replace(",", ""))
    assert found is not None
    return float(found[1]), float(found[2])


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
@pytest.mark.parametrize("lie_rate", [0.0, 0.6])
def test_the_interval_holds_what_the_run_then_costs(
    lie_rate: float, clips: tuple[str, str], tmp_path: Path
) -> None:
    teacher = script(CLIPS, lie_rate)
    with FakeEndpoint(reply=teacher, picture_tokens=PICTURE_TOKENS) as server:
        config = configure(clips, tmp_path / "out", server, prices=write_prices(tmp_path))
        rows = estimate_cost(config)
        assert count_requests(server) == 0
        assert not (tmp_path / "out").exists()
        ask_teacher(config)
        sent = count_requests(server)
    counts = read_json(str(tmp_path / "out" / "manifest.json"))["counts"]
    low, high = read_interval(rows["cost in US dollars"])
    assert low <= counts["usd"] <= high
    assert rows["clips"] == len(CLIPS)
    assert rows["requests"].startswith(f"{len(CLIPS)} (at most {3 * len(CLIPS)}")
    assert len(CLIPS) <= sent <= 3 * len(CLIPS)


def test_samples_variants_and_one_question_less_are_reckoned_with(
    clips: tuple[str, str], tmp_path: Path
) -> None:
    url = "http://127.0.0.1:9/v1"
    how: dict[str, Any] = {"samples": 3, "variants": 2, "reask": False}
    rows = estimate_cost(configure(clips, tmp_path / "out", url, **how))
    assert rows["requests"].startswith("36 (at most 72")
    assert "price" not in rows


def test_a_local_model_without_a_price_is_said_to_be_taken_as_free(
    clips: tuple[str, str], tmp_path: Path
) -> None:
    config = configure(clips, tmp_path / "out", "http://127.0.0.1:9/v1", model="my-own")
    assert estimate_cost(config)["price"] == "none known: a local endpoint, taken as free"


def test_a_model_without_a_price_elsewhere_is_refused(
    clips: tuple[str, str], tmp_path: Path
) -> None:
    config = configure(
        clips, tmp_path / "out", "https://example.org/v1", model="unknown", allow_upload=("lab",)
    )
    with pytest.raises(UsageError, match="no price is known for the model 'unknown'"):
        estimate_cost(config)


def test_a_corpus_that_may_not_be_passed_on_is_refused_by_a_dry_run_too(
    clips: tuple[str, str], tmp_path: Path
) -> None:
    config = configure(clips, tmp_path / "out", "https://example.org/v1")
    with pytest.raises(UsageError, match="--allow-upload lab"):
        estimate_cost(config)


def test_clips_without_any_label_give_no_estimate(tmp_path: Path) -> None:
    bare = make_clip(CLIPS[0].motion, clip_id="lab/bare")
    folder = write_clips_folder(str(tmp_path / "clips"), [bare])
    with pytest.raises(UsageError, match="no clip that can be asked about"):
        estimate_cost(configure((folder,), tmp_path / "out", "http://127.0.0.1:9/v1"))
