"""From clips to rationales by a teacher that is asked: judged, asked again, or rejected."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from pipelines.rationales import RationalesConfig, build_rationales
from pipelines.teacher.answers import ask_teacher
from skeletonllm.errors import OutputMismatch, UsageError
from skeletonllm.rationales.language import parse_claims
from skeletonllm.storage import read_json, read_plan
from skeletonllm.testing.fake_endpoint import FakeEndpoint, Reply, find_label
from skeletonllm.testing.processes import read_folder
from skeletonllm.testing.scripted_teacher import ScriptedTeacher
from tests.pipelines.asking import (
    ACTIONS,
    CLIPS,
    Folders,
    configure,
    count_requests,
    list_answers,
    list_rationales,
    list_rejects,
    read_parts,
    script,
)
from tests.pipelines.strange import write_strange_clips

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


@pytest.fixture(scope="module")
def lied(
    clips: Folders, local_ray: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    """Answers of a teacher that lies about half of what it sees, and how often it was asked."""
    output = tmp_path_factory.mktemp("lied") / "answers"
    with FakeEndpoint(reply=script(CLIPS, 0.5)) as server:
        ask_teacher(configure(clips, output, server))
        return output, count_requests(server)


def judge(clips: Folders, answers: Path, output: Path, min_grounded: float = 0.0) -> Path:
    build_rationales(
        RationalesConfig(clips, str(output), answers=str(answers), min_grounded=min_grounded)
    )
    return output


def explain(
    clips: Folders, output: Path, reply: Callable[[dict[str, Any]], Any], **how: Any
) -> Path:
    """Ask, and judge what was said."""
    with FakeEndpoint(reply=reply, latency_s=how.pop("latency_s", 0.0)) as server:
        ask_teacher(configure(clips, output / "answers", server, **how))
    return judge(clips, output / "answers", output / "rationales")


def test_who_tells_the_truth_is_believed_step_by_step(clips: Folders, tmp_path: Path) -> None:
    told = list_rationales(explain(clips, tmp_path, script(CLIPS)))
    assert [row["clip_id"] for row in told] == [clip.clip_id for clip in CLIPS]
    assert {row["status"] for row in told} == {"accepted"}
    assert {(row["attempt"], row["teacher"]) for row in told} == {(0, "openai:gpt-4o")}
    assert fmean(row["grounded"] for row in told) > 0.9
    assert all(row["text"].endswith(f"Label: {row['label']}") for row in told)
    stored = {row["answer_sha256"] for row in list_answers(tmp_path / "answers")}
    assert {row["answer_sha256"] for row in told} == stored


def test_who_lies_is_asked_again_and_tells_more_truth(
    clips: Folders, lied: tuple[Path, int], tmp_path: Path
) -> None:
    answers, asked = lied
    rows = list_answers(answers)
    assert asked == len(rows) > len(CLIPS)
    assert {(row["turn"], row["facts_given"]) for row in rows} == {(0, False), (1, True)}
    twice = list_rationales(judge(clips, answers, tmp_path / "twice"))
    once = list_rationales(explain(clips, tmp_path, script(CLIPS, 0.5), reask=False))
    assert {row["attempt"] for row in once} == {0}
    assert {row["attempt"] for row in twice} >= {1}
    grounded = [fmean(row["grounded"] for row in told) for told in (once, twice)]
    assert grounded[0] + 0.1 < grounded[1]


def test_stored_answers_are_judged_again_without_a_request(
    clips: Folders, lied: tuple[Path, int], tmp_path: Path
) -> None:
    """No server is there any more: whatever asks would fail."""
    loose = judge(clips, lied[0], tmp_path / "loose")
    strict = judge(clips, lied[0], tmp_path / "strict", min_grounded=1.0)
    assert {row["status"] for row in list_rationales(loose)} <= {"accepted", "kept_with_faults"}
    below = [row["grounded"] < 1 for row in list_rationales(strict)]
    assert [row["status"] == "rejected" for row in list_rationales(strict)] == below
    before = read_folder(loose)
    judge(clips, lied[0], loose)
    assert read_folder(loose) == before


def test_another_judge_writes_another_output(
    clips: Folders, lied: tuple[Path, int], tmp_path: Path
) -> None:
    made = judge(clips, lied[0], tmp_path / "made")
    with pytest.raises(OutputMismatch, match="min_grounded"):
        judge(clips, lied[0], made, min_grounded=0.5)
    with pytest.raises(OutputMismatch, match="config.answers"):
        build_rationales(RationalesConfig(clips, str(made)))


def test_answers_about_other_clips_are_refused(
    clips: Folders, lied: tuple[Path, int], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="answers about other clips"):
        judge(clips[::-1], lied[0], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def fail_by_label(teacher: ScriptedTeacher) -> Callable[[dict[str, Any]], Any]:
    """Each clip but the last meets another way to give no rationale."""

    def crash(body: dict[str, Any]) -> Reply:
        raise RuntimeError("a server that fails on this request each time")

    def mislabel(body: dict[str, Any]) -> str:
        return json.dumps({**json.loads(teacher(body)), "label": "juggling"})

    ways: dict[str, Callable[[dict[str, Any]], Any]] = {
        ACTIONS[0]: lambda _: Reply("", refusal="I cannot help with that."),
        ACTIONS[1]: lambda body: Reply(teacher(body)[:40], finish_reason="length"),
        ACTIONS[2]: lambda _: Reply("", finish_reason="content_filter"),
        ACTIONS[3]: lambda _: "I see somebody who moves.",
        ACTIONS[4]: mislabel,
        ACTIONS[5]: crash,
    }
    return lambda body: ways[find_label(body)](body)


OUTCOMES = {
    ACTIONS[0]: ("refused", "refused"),
    ACTIONS[1]: ("truncated", "truncated_answer"),
    ACTIONS[2]: ("filtered", "filtered"),
    ACTIONS[3]: ("answered", "not_structured"),
    ACTIONS[4]: ("answered", "wrong_label"),
    ACTIONS[5]: ("unanswered", "no_answer"),
}


def test_each_way_to_fail_is_a_reject_with_its_own_code(clips: Folders, tmp_path: Path) -> None:
    # The others answer a little later, so that the one which fails is seen to be alone with that.
    made = explain(clips, tmp_path, fail_by_label(script(CLIPS)), latency_s=0.1, first_wait_s=0.2)
    assert list_rationales(made) == []
    found = {row["source_uri"]: row["code"] for row in list_rejects(made)}
    expected = {clip.source_uri: OUTCOMES[clip.label or ""][1] for clip in CLIPS}
    assert found == expected
    answers = list_answers(tmp_path / "answers")
    assert {row["label"]: row["outcome"] for row in answers} == {
        label: outcome for label, (outcome, _) in OUTCOMES.items()
    }
    turns = [row["turn"] for row in answers if row["label"] == ACTIONS[3]]
    assert turns == [0, 1]  # prose is asked for its form once, and no more
    counts = read_json(str(tmp_path / "answers" / "manifest.json"))["counts"]
    assert {k: counts[k] for k in ("refused", "truncated", "filtered", "unanswered")} == {
        "refused": 1, "truncated": 1, "filtered": 1, "unanswered": 1,
    }  # fmt: skip


def test_prose_that_is_mended_when_asked_again_becomes_a_rationale(
    clips: Folders, tmp_path: Path
) -> None:
    teacher = script(CLIPS)

    def reply(body: dict[str, Any]) -> str:
        return teacher(body) if len(body["messages"]) > 2 else "First I think aloud."

    made = explain(clips, tmp_path, reply)
    assert {row["attempt"] for row in list_rationales(made)} == {1}
    assert list_rejects(made) == []


def test_several_samples_give_one_rationale_with_its_agreement(
    clips: Folders, tmp_path: Path
) -> None:
    teacher = script(CLIPS, 0.4)
    how: dict[str, Any] = {"samples": 3, "variants": 2, "reask": False}
    told = list_rationales(explain(clips, tmp_path, teacher, **how))
    assert [(r["clip_id"], r["variant"]) for r in told] == [
        (clip.clip_id, variant) for clip in CLIPS for variant in (0, 1)
    ]
    assert all(0 <= row["agreement"] <= 1 for row in told)


def test_every_clip_ends_in_rationales_or_rejects_once(tmp_path: Path) -> None:
    """Also rows that are no clip, and clips that no renderer can draw."""
    folder = write_strange_clips(tmp_path / "clips")
    with FakeEndpoint() as server:
        ask_teacher(configure((folder,), tmp_path / "answers", server))
    made = tmp_path / "rationales"
    build_rationales(RationalesConfig((folder,), str(made), answers=str(tmp_path / "answers")))
    told = [row["clip_id"] for row in list_rationales(made)]
    refused = list_rejects(made)
    assert len({row["message"] for row in refused}) == len(refused)
    manifest = read_json(f"{folder}/manifest.json")
    assert len(told) + len(refused) == manifest["counts"]["clips"]


def test_the_same_answers_give_the_same_bytes(
    clips: Folders, lied: tuple[Path, int], tmp_path: Path
) -> None:
    first, second = (judge(clips, lied[0], tmp_path / name) for name in ("first", "second"))
    assert read_parts(first) == read_parts(second)


def test_amounts_are_told_where_they_are_asked_for_and_are_part_of_the_plan(
    clips: Folders, tmp_path: Path
) -> None:
    plain, told = tmp_path / "plain", tmp_path / "told"
    build_rationales(RationalesConfig(clips, str(plain), variants=2))
    build_rationales(RationalesConfig(clips, str(told), measures=True))
    assert "measures" not in read_plan(str(plain))["config"]
    assert read_plan(str(told))["config"]["measures"] is True
    assert [row["variant"] for row in list_rationales(plain)] == [0, 1] * len(CLIPS)
    amounts = [bool(re.search(r" by \d+ cm", row["text"])) for row in list_rationales(told)]
    assert amounts == [True] * len(CLIPS)
    assert not any(re.search(r" by \d", row["text"]) for row in list_rationales(plain))
    with pytest.raises(OutputMismatch, match="measures"):
        build_rationales(RationalesConfig(clips, str(told)))


def test_what_is_told_can_be_read_back_and_is_never_contradicted(
    clips: Folders, lied: tuple[Path, int], tmp_path: Path
) -> None:
    for row in list_rationales(judge(clips, lied[0], tmp_path / "out")):
        told = [s for s in row["steps"] if s["verdict"] != "contradicted"]
        said = [claim for claim in parse_claims(row["text"]) if claim.role == "step"]
        assert [(c.motion, c.part, c.side) for c in said] == [
            (s["motion"], s["part"], s["side"]) for s in told
        ]
        faulty = bool(row["flags"]) or len(told) < len(row["steps"])
        assert row["status"] == ("kept_with_faults" if faulty else "accepted")
