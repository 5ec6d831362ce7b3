from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release.trace import trace_clip
from skeletonllm.storage import read_json, sha256_of
from tests.skeletonllm.release.trace.conftest import CLIP


def test_a_sample_is_followed_back_to_its_file(trace_release) -> None:
    made = trace_release()
    trail = trace_clip(made.release, CLIP)
    raw = made.raw / "S001C001P001R001A008.skeleton"
    assert trail.clip["source_uri"] == "nturgb/S001C001P001R001A008.skeleton"
    assert trail.clip["source_sha256"] == hashlib.sha256(raw.read_bytes()).hexdigest()
    assert (trail.clip["profile"], trail.clip["licence"]) == ("clean@2", "cc-by-4.0")
    assert trail.licence["redistribute"] == "yes"
    assert trail.release["manifest_sha256"] == sha256_of(f"{made.release}/manifest.json")[0]
    assert trail.sample["tar_sha256"] == sha256_of(f"{made.release}/{trail.sample['tar']}")[0]


def test_rationales_come_with_prompt_request_and_cost(pristine: Path) -> None:
    trail = trace_clip(str(pristine), "alpha/003")
    (told,) = trail.rationales
    assert (told["teacher"], told["prompt_sha256"]) == ("kinematic", "a" * 64)
    assert (told["request_sha256"], told["usd"]) == ("b" * 64, 0.25)
    assert (told["tokens_in"], told["tokens_out"]) == (10, 5)
    assert any("the words of prompts and answers" in sentence for sentence in trail.unknown)
    assert trace_clip(str(pristine), "beta/001").rationales == []


def test_negatives_are_those_of_its_class_hardest_first(pristine: Path) -> None:
    trail = trace_clip(str(pristine), "alpha/000")
    assert [row["rank"] for row in trail.negatives] == [1, 2]
    assert {row["candidate"] for row in trail.negatives} == {"jump up", "sit down"}
    assert {row["view"] for row in trail.negatives} == {"all"}


def test_stages_come_with_versions_parameters_and_code(pristine: Path) -> None:
    trail = trace_clip(str(pristine), "alpha/000")
    (making,) = trail.made_by
    assert making["config"]["corpus"] == "alpha"
    names = [stage["stage"] for stage in trail.stages]
    assert names == ["mine_negatives", "build_rationales", "build_shards"]
    lineage = read_json(str(pristine / "manifest.json"))["lineage"]["stages"]
    assert [making, *trail.stages] == [lineage[0], *lineage[2:]]
    assert all(stage["code"].startswith("skeletonllm ") for stage in trail.stages)
    assert making["content_sha256"] in trail.stages[0]["inputs"]


def test_an_unknown_clip_is_refused_with_those_that_are_near(pristine: Path) -> None:
    with pytest.raises(UsageError, match="no clip 'a/00'.*Ids that hold it: alpha/000, alpha/001"):
        trace_clip(str(pristine), "a/00")
    with pytest.raises(UsageError, match="no clip 'x'.*Ids are <corpus>/<file>"):
        trace_clip(str(pristine), "x")


def test_a_damaged_sample_is_not_believed(release: Path) -> None:
    tar = release / "shards" / "shard-000000.tar"
    data = bytearray(tar.read_bytes())
    data[600] ^= 1
    tar.write_bytes(data)
    with pytest.raises(ReleaseError, match="its bytes are not those of the index"):
        trace_clip(str(release), "alpha/000")
