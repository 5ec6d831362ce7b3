"""Asking a teacher about clips: what is kept of it, what it costs, and who may be asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pipelines.teacher.answers import ask_teacher
from skeletonllm.errors import BudgetError, EndpointError, OutputMismatch, UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.storage import hold_lock, read_json
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.fake_endpoint import FakeEndpoint, FaultPlan, find_label
from skeletonllm.testing.fake_endpoint.replies import list_texts
from skeletonllm.testing.processes import read_folder
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.topology import KINECT_V1
from tests.pipelines.asking import (
    CLIPS,
    KEY,
    Folders,
    configure,
    count_requests,
    list_answers,
    list_rejects,
    read_parts,
    script,
    write_prices,
)

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


@pytest.fixture(scope="module")
def bodies() -> list[dict[str, Any]]:
    """Every body that the honest server was sent."""
    return []


@pytest.fixture(scope="module")
def honest(bodies: list[dict[str, Any]]) -> Iterator[FakeEndpoint]:
    """A server that tells the truth to whoever has the key."""
    teacher = script(CLIPS)

    def reply(body: dict[str, Any]) -> str:
        bodies.append(body)
        return teacher(body)

    with FakeEndpoint(reply=reply, key=KEY, picture_tokens=255) as server:
        yield server


@pytest.fixture(scope="module")
def asked(
    clips: Folders, honest: FakeEndpoint, local_ray: None, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Finished answers of the honest server."""
    output = tmp_path_factory.mktemp("honest") / "answers"
    ask_teacher(configure(clips, output, honest))
    return output


def test_every_clip_has_an_answer_in_order_with_what_it_cost(
    asked: Path, honest: FakeEndpoint
) -> None:
    rows = list_answers(asked)
    assert [row["clip_id"] for row in rows] == [clip.clip_id for clip in CLIPS]
    assert {(r["outcome"], r["finish_reason"], r["view"]) for r in rows} == {
        ("answered", "stop", "all")
    }
    assert {row["snapshot"] for row in rows} == {"gpt-4o-2026-01-01"}
    assert all(row["tokens_formula"] > 255 and row["tokens_in"] > 255 for row in rows)
    assert list_rejects(asked) == []


def test_the_manifest_and_the_ledger_agree_with_the_servers_log(
    asked: Path, honest: FakeEndpoint
) -> None:
    manifest, spend = (read_json(str(asked / name)) for name in ("manifest.json", "spend.json"))
    counts, rows = manifest["counts"], list_answers(asked)
    assert counts["answers"] == counts["answered"] == len(rows)
    assert spend["requests"] == spend["answered"] == len(rows)
    first = [e for e in honest.read_log() if e["event"] == "end"][: len(rows)]
    assert {(e["status"], e["billed"]) for e in first} == {(200, "yes")}
    usd = sum(r["tokens_in"] * 2.5e-6 + r["tokens_out"] * 1e-5 for r in rows)
    assert counts["usd"] == pytest.approx(usd, abs=1e-6)
    assert spend["spent_usd"] == pytest.approx(usd, abs=1e-6)
    assert spend["reserved_usd"] == spend["unresolved_usd"] == spend["maybe_billed"] == 0
    assert {f["path"] for f in manifest["files"]} >= {"spend.json", "parts/part-00001.parquet"}
    assert not any(f["path"].startswith("work/") for f in manifest["files"])


def test_a_finished_stage_keeps_no_loose_answers(asked: Path) -> None:
    assert not [name for name in read_folder(asked) if name.endswith(".json") and "/cache/" in name]
    assert not [name for name in read_folder(asked) if name.endswith(".lock")]


def test_a_rerun_sends_nothing(clips: Folders, asked: Path, honest: FakeEndpoint) -> None:
    before, sent = read_folder(asked), count_requests(honest)
    ask_teacher(configure(clips, asked, honest))
    assert read_folder(asked) == before
    assert count_requests(honest) == sent


def test_no_id_subject_or_path_leaves_the_machine(
    asked: Path, bodies: list[dict[str, Any]]
) -> None:
    assert len(bodies) >= len(CLIPS)
    for body in bodies:
        said = "\n".join([*list_texts(body), *map(str, body)])
        assert not re.search(r"secret\d|person\d|lab/|\.txt|/tmp", said)


def test_the_key_is_in_no_byte_of_the_output(asked: Path) -> None:
    assert not [name for name, data in read_folder(asked).items() if KEY.encode() in data]


def test_answers_of_a_finished_folder_are_reused_without_a_request(
    clips: Folders, asked: Path, honest: FakeEndpoint, tmp_path: Path
) -> None:
    sent = count_requests(honest)
    again = tmp_path / "again"
    ask_teacher(configure(clips, again, honest, reuse=(str(asked),)))
    assert count_requests(honest) == sent
    assert read_parts(again) == read_parts(asked)
    assert read_json(str(again / "spend.json"))["spent_usd"] == 0


def test_more_samples_reuse_what_was_asked_and_buy_the_rest(
    clips: Folders, asked: Path, honest: FakeEndpoint, tmp_path: Path
) -> None:
    sent = count_requests(honest)
    ask_teacher(configure(clips, tmp_path / "two", honest, reuse=(str(asked),), samples=2))
    assert count_requests(honest) == sent + len(CLIPS)
    rows = list_answers(tmp_path / "two")
    assert [(r["sample"]) for r in rows] == [0, 1] * len(CLIPS)
    assert len({r["request_sha256"] for r in rows}) == 2 * len(CLIPS)


def test_another_model_prompt_or_picture_is_another_plan(
    clips: Folders, asked: Path, honest: FakeEndpoint
) -> None:
    before = read_folder(asked)
    for other in ({"model": "gpt-4.1"}, {"hide_label": True}, {"frames": 3}, {"samples": 2}):
        with pytest.raises(OutputMismatch, match="teacher"):
            ask_teacher(configure(clips, asked, honest, **other))
    assert read_folder(asked) == before


def test_how_hard_is_asked_is_no_part_of_the_plan(
    clips: Folders, asked: Path, honest: FakeEndpoint
) -> None:
    ask_teacher(configure(clips, asked, honest, concurrency=3, max_usd=9.0, share=0.5))


def test_a_second_live_job_on_an_output_is_refused(
    clips: Folders, honest: FakeEndpoint, tmp_path: Path
) -> None:
    sent = count_requests(honest)
    with hold_lock(str(tmp_path / "out"), "job"), pytest.raises(UsageError, match="another job"):
        ask_teacher(configure(clips, tmp_path / "out", honest))
    assert count_requests(honest) == sent


def test_the_order_in_which_answers_come_changes_no_byte(clips: Folders, tmp_path: Path) -> None:
    """The latency of a body is drawn; another seed of faults makes other attempts fail."""
    port = 0  # the URL is part of each request's key: both servers have the same
    for seed, concurrency in ((1, 64), (2, 2)):
        faults = FaultPlan({"error_500": 0.3, "limited": 0.1}, seed=seed, retry_after_s=0.05)
        teacher, output = script(CLIPS, 0.5), tmp_path / f"out{seed}"
        with FakeEndpoint(reply=teacher, faults=faults, latency_s=(0, 0.1), port=port) as server:
            port = urlsplit(server.base_url).port or 0
            ask_teacher(configure(clips, output, server, concurrency=concurrency, attempts=50))
    assert read_parts(tmp_path / "out1") == read_parts(tmp_path / "out2")


def test_a_budget_ends_the_job_before_it_is_exceeded_and_a_higher_one_goes_on(
    clips: Folders, honest: FakeEndpoint, tmp_path: Path
) -> None:
    prices, sent = write_prices(tmp_path), count_requests(honest)
    how: dict[str, Any] = {"prices": prices, "concurrency": 1}
    with pytest.raises(BudgetError, match="--max-usd"):
        ask_teacher(configure(clips, tmp_path / "out", honest, max_usd=10.0, **how))
    bought = count_requests(honest) - sent
    assert 0 < bought < len(CLIPS)
    ask_teacher(configure(clips, tmp_path / "out", honest, max_usd=100.0, **how))
    assert count_requests(honest) == sent + len(CLIPS)
    counts = read_json(str(tmp_path / "out" / "manifest.json"))["counts"]
    spend = read_json(str(tmp_path / "out" / "spend.json"))
    assert spend["spent_usd"] == pytest.approx(counts["usd"], abs=1e-5)


def test_a_refused_key_ends_the_job_with_a_sentence_that_does_not_cite_it(
    clips: Folders, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        FakeEndpoint(key="sk-another-0123456789") as server,
        pytest.raises(EndpointError, match="401") as caught,
    ):
        ask_teacher(configure(clips, tmp_path / "out", server))
    assert KEY not in f"{caught.value!r} {caught.value}" + caplog.text
    assert not [name for name, data in read_folder(tmp_path).items() if KEY.encode() in data]


def test_a_server_that_cites_the_key_leaves_it_nowhere(
    clips: Folders, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    faults = FaultPlan({"echoed_key": 0.7}, seed=3)
    with FakeEndpoint(reply=script(CLIPS), faults=faults, key=KEY) as server:
        config = configure(clips, tmp_path / "out", server, attempts=2)
        ask_teacher(config)
    texts = [row["text"] for row in list_answers(tmp_path / "out")]
    assert any("Authorization" in text for text in texts)  # a clip whose attempts all failed
    assert not [name for name, data in read_folder(tmp_path).items() if KEY.encode() in data]
    assert KEY not in caplog.text


def test_a_clip_without_a_label_is_rejected_once(honest: FakeEndpoint, tmp_path: Path) -> None:
    bare = make_clip(synthesize("hand waving", seed=1, fps=10), clip_id="lab/bare")
    folder = write_clips_folder(str(tmp_path / "clips"), [CLIPS[0], bare])
    ask_teacher(configure((folder,), tmp_path / "out", honest, samples=2, variants=2))
    assert [r["code"] for r in list_rejects(tmp_path / "out")] == ["unlabelled"]
    assert Counter(r["clip_id"] for r in list_answers(tmp_path / "out")) == {CLIPS[0].clip_id: 4}


@pytest.fixture(scope="module")
def ucla(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One clip of each class from view 1, and one of the test view 3."""
    names = get_protocol("nw_ucla/xview").train.labels or ()
    made = [
        make_clip(
            synthesize("hand waving", seed=number, fps=5, topology=KINECT_V1),
            clip_id=f"nw_ucla/a{number:02d}_v{camera}",
            corpus="nw_ucla",
            licence="nw_ucla",
            label=label,
            label_id=number,
            label_namespace="nw_ucla",
            camera=camera,
        )
        for number, label in enumerate(names)
        for camera in "13"[: 1 + (number < 2)]
    ]
    return write_clips_folder(str(tmp_path_factory.mktemp("ucla") / "clips"), made)


def test_a_protocol_asks_about_training_clips_of_its_seen_classes_only(
    ucla: str, tmp_path: Path
) -> None:
    view = get_protocol("nw_ucla/5-5").train
    told: list[str] = []

    def reply(body: dict[str, Any]) -> str:
        told.append(find_label(body))
        return "{}"

    with FakeEndpoint(reply=reply) as server:
        config = configure((ucla,), tmp_path / "out", server, protocols=("nw_ucla/5-5",))
        ask_teacher(config)
    rows = list_answers(tmp_path / "out")
    assert {row["label"] for row in rows} == set(view.labels or ()) != set()
    assert {row["clip_id"][-2:] for row in rows} == {"v1"}
    assert {row["view"] for row in rows} == {"nw_ucla/5-5"}
    assert len({row["clip_id"] for row in rows}) == 5
    plan = read_json(str(tmp_path / "out" / "plan.json"))["config"]
    assert plan["views"] == {"nw_ucla/5-5": view.sha256}


def test_a_hidden_label_is_chosen_among_the_classes_that_the_view_shows(
    ucla: str, tmp_path: Path
) -> None:
    view = get_protocol("nw_ucla/5-5").train
    told: list[str] = []

    def reply(body: dict[str, Any]) -> str:
        told.append("\n".join(list_texts(body)))
        return "{}"

    with FakeEndpoint(reply=reply) as server:
        fields = {"protocols": ("nw_ucla/5-5",), "hide_label": True}
        ask_teacher(configure((ucla,), tmp_path / "out", server, **fields))
    assert told
    for text in told:
        # Candidates stand a line each; "throw" is also a word of claims, whatever is seen.
        lines = text.splitlines()
        assert all(name in lines for name in view.labels or ())
        assert not any(name in lines for name in view.unseen)


def test_a_corpus_that_may_not_be_passed_on_is_refused_before_any_request(
    ucla: str, tmp_path: Path
) -> None:
    away = "http://192.0.2.1:9/v1"  # an address for documentation: nobody is there
    config = configure((ucla,), tmp_path / "out", away)
    with pytest.raises(UsageError, match="nw_ucla may not be passed on.*--allow-upload nw_ucla"):
        ask_teacher(config)
    assert not (tmp_path / "out").exists()


def test_an_upload_that_is_allowed_is_recorded_and_goes_on_to_the_endpoint(
    ucla: str, tmp_path: Path
) -> None:
    away = "http://192.0.2.1:9/v1"
    how: dict[str, Any] = {"allow_upload": ("nw_ucla",), "key_variable": "NO_SUCH_KEY_AT_ALL"}
    with pytest.raises(UsageError, match="NO_SUCH_KEY_AT_ALL is not set where the asker runs"):
        ask_teacher(configure((ucla,), tmp_path / "out", away, **how))
    assert read_json(str(tmp_path / "out" / "plan.json"))["config"]["allow_upload"] == ["nw_ucla"]
