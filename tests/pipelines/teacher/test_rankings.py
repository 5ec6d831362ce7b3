"""Rankings of classes by a teacher: asked by names alone, and one more source of negatives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs import mine_negatives as job
from jobs.common import run_job
from pipelines.negatives import NegativesConfig, mine_negatives
from pipelines.rationales import RationalesConfig, build_rationales
from pipelines.teacher.rankings import RankingsConfig, ask_for_rankings, estimate_rankings
from schemas import ANSWER, NEGATIVE, REJECT
from schemas.base import TableSchema
from skeletonllm.clip import Clip
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import OutputMismatch, UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.storage import iter_tables, read_json
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.fake_endpoint import FakeEndpoint, Reply
from skeletonllm.testing.fake_endpoint.replies import list_texts
from skeletonllm.testing.processes import read_folder
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.topology import KINECT_V1

PROTOCOL = "nw_ucla/8-2"
CLASSES = get_protocol("nw_ucla/xview").train.labels or ()
SEEN = get_protocol(PROTOCOL).train.labels or ()
UNSEEN = get_protocol(PROTOCOL).train.unseen
REFUSED, STRANGE, FORGOTTEN = sorted(SEEN)[1:4]

pytestmark = pytest.mark.ray


def make(number: int) -> Clip:
    return make_clip(
        synthesize("hand waving", seed=number, fps=5, topology=KINECT_V1),
        clip_id=f"nw_ucla/secret{number}",
        corpus="nw_ucla",
        label=CLASSES[number],
        label_id=number,
        label_namespace="nw_ucla",
        camera="1",
    )


@pytest.fixture(scope="module")
def clips(local_ray: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("clips") / "one"
    return write_clips_folder(str(root), [make(number) for number in range(len(CLASSES))])


def find_question(body: dict[str, Any]) -> tuple[str, list[str]]:
    """The class that a request asks about, and the others in the order of the text."""
    lines = next(t for t in list_texts(body) if "The action is: " in t).splitlines()
    label = next(line for line in lines if line.startswith("The action is: "))
    first, last = lines.index("Other actions:") + 1, len(lines) - 2
    return label.removeprefix("The action is: "), lines[first:last]


def rank_by_name(body: dict[str, Any]) -> str:
    return json.dumps({"ranking": sorted(find_question(body)[1])})


def configure(clips: str, output: Path, server: FakeEndpoint, **fields: Any) -> RankingsConfig:
    endpoint = EndpointSettings(base_url=server.base_url, model="tiny", first_wait_s=0.01)
    fields = {"protocols": (PROTOCOL,), **fields}
    return RankingsConfig(clips=(clips,), output=str(output), endpoint=endpoint, **fields)


def rows_of(folder: Path, schema: TableSchema, below: str = "parts") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for _, table in iter_tables(str(folder / below), schema=schema):
        assert schema.faults(table) == []
        rows += table.to_pylist()
    return rows


def count_requests(server: FakeEndpoint) -> int:
    return sum(event["event"] == "arrive" for event in server.read_log())


def test_every_class_is_ranked_and_no_unseen_one_is_in_a_request(
    clips: str, tmp_path: Path
) -> None:
    sent: list[str] = []

    def answer(body: dict[str, Any]) -> str:
        sent.append(json.dumps(body))
        return rank_by_name(body)

    output, negatives = tmp_path / "answers", tmp_path / "negatives"
    with FakeEndpoint(reply=answer) as server:
        manifest = ask_for_rankings(configure(clips, output, server))
    assert manifest["counts"]["answered"] == manifest["counts"]["answers"] == len(SEEN)
    assert manifest["counts"]["rejects"] == 0
    assert len(sent) == len(SEEN)
    assert UNSEEN
    assert not [word for word in (*UNSEEN, "secret", "image_url", clips) if word in "".join(sent)]
    answers = rows_of(output, ANSWER)
    assert [row["label"] for row in answers] == sorted(SEEN)
    assert {(r["purpose"], r["view"], r["clip_id"]) for r in answers} == {
        ("ranking", PROTOCOL, None)
    }
    assert (output / "spend.json").exists()
    assert not (output / "work" / "cache").exists() or not list((output / "work/cache").iterdir())

    config = NegativesConfig((clips,), str(negatives), (PROTOCOL,), str(output))
    assert mine_negatives(config)["counts"]["ranked_by_teacher"] == len(SEEN)
    rows = rows_of(negatives, NEGATIVE)
    for row in rows:
        others = sorted(name for name in SEEN if name != row["label"])
        rank = others.index(row["candidate"]) + 1
        said = {s["name"]: (s["score"], s["rank"]) for s in row["sources"]}
        assert list(said) == ["text", "kinematics", "teacher"]
        assert said["teacher"] == ((len(others) - rank) / len(others), rank)

    without = tmp_path / "without"
    mine_negatives(NegativesConfig((clips,), str(without), (PROTOCOL,)))
    order = [(r["label"], r["candidate"]) for r in rows]
    assert order != [(r["label"], r["candidate"]) for r in rows_of(without, NEGATIVE)]
    assert "answers" not in read_json(str(without / "plan.json"))["config"]
    with pytest.raises(OutputMismatch, match="answers"):
        mine_negatives(NegativesConfig((clips,), str(negatives), (PROTOCOL,)))


def forget_some(body: dict[str, Any]) -> str | Reply:
    """By name, but for three classes: of one it refuses to speak, of two it gives no ranking."""
    label, names = find_question(body)
    said: dict[str, str | Reply] = {
        REFUSED: Reply("", refusal="I would rather not."),
        STRANGE: json.dumps({"ranking": [*names, "flying"]}),
        FORGOTTEN: json.dumps({"ranking": names[1:]}),
    }
    return said.get(label, rank_by_name(body))


def test_a_class_without_a_ranking_is_a_reject_and_ranked_by_other_sources(
    clips: str, tmp_path: Path
) -> None:
    output = tmp_path / "answers"
    with FakeEndpoint(reply=forget_some) as server:
        assert ask_for_rankings(configure(clips, output, server))["counts"]["rejects"] == 3
        assert count_requests(server) == len(SEEN) + 2  # a refusal is not asked again
    rejects = {row["source_uri"]: row for row in rows_of(output, REJECT, "rejects")}
    for label, code, said in (
        (REFUSED, "refused", "rather not"),
        (STRANGE, "not_structured", "'flying' is no candidate"),
        (FORGOTTEN, "not_structured", "is 0 times there"),
    ):
        reject = rejects.pop(f"nw_ucla/{label}")
        assert reject["code"] == code
        assert said in reject["message"]
        assert f"of view {PROTOCOL}" in reject["message"]
    assert rejects == {}
    mined = NegativesConfig((clips,), str(tmp_path / "negatives"), (PROTOCOL,), str(output))
    assert mine_negatives(mined)["counts"]["ranked_by_teacher"] == len(SEEN) - 3
    for row in rows_of(tmp_path / "negatives", NEGATIVE):
        names = [source["name"] for source in row["sources"]]
        ranked = row["label"] not in (REFUSED, STRANGE, FORGOTTEN)
        assert names == ["text", "kinematics"] + ["teacher"] * ranked


def test_faults_that_are_told_are_mended_by_the_second_answer(clips: str, tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> str:
        told = any("not valid" in text for text in list_texts(body))
        return rank_by_name(body) if told else json.dumps({"ranking": ["flying"]})

    with FakeEndpoint(reply=answer) as server:
        counts = ask_for_rankings(configure(clips, tmp_path / "out", server))["counts"]
    assert (counts["answers"], counts["rejects"]) == (2 * len(SEEN), 0)


def test_a_second_run_and_a_reuse_send_nothing_and_give_the_same_rows(
    clips: str, tmp_path: Path
) -> None:
    with FakeEndpoint(reply=rank_by_name) as server:
        config = configure(clips, tmp_path / "one", server)
        ask_for_rankings(config)
        before, sent = read_folder(tmp_path / "one"), count_requests(server)
        ask_for_rankings(config)
        again = configure(clips, tmp_path / "two", server, reuse=(str(tmp_path / "one"),))
        ask_for_rankings(again)
        assert count_requests(server) == sent == len(SEEN)
        with pytest.raises(OutputMismatch, match="classes"):
            ask_for_rankings(configure(clips, tmp_path / "one", server, protocols=()))
    assert read_folder(tmp_path / "one") == before
    assert rows_of(tmp_path / "two", ANSWER) == rows_of(tmp_path / "one", ANSWER)


def test_answers_about_other_classes_or_of_another_kind_are_refused(
    clips: str, tmp_path: Path
) -> None:
    answers = str(tmp_path / "answers")
    with FakeEndpoint(reply=rank_by_name) as server:
        ask_for_rankings(configure(clips, tmp_path / "answers", server))
    with pytest.raises(UsageError, match="other classes than those of view 'all'"):
        mine_negatives(NegativesConfig((clips,), str(tmp_path / "n"), (), answers))
    with pytest.raises(UsageError, match="stage 'normalize'"):
        mine_negatives(NegativesConfig((clips,), str(tmp_path / "n"), (PROTOCOL,), clips))
    with pytest.raises(UsageError, match="about no clips"):
        build_rationales(RationalesConfig((clips,), str(tmp_path / "r"), answers=answers))
    assert not (tmp_path / "n").exists()


def test_an_estimate_counts_a_request_a_class_and_sends_nothing(clips: str, tmp_path: Path) -> None:
    with FakeEndpoint(reply=rank_by_name) as server:
        rows = estimate_rankings(configure(clips, tmp_path / "out", server))
        assert count_requests(server) == 0
    assert rows["classes"] == len(SEEN)
    assert rows["requests"].startswith(f"{len(SEEN)} (at most {2 * len(SEEN)}")
    assert not (tmp_path / "out").exists()


def test_the_job_asks_and_mines_in_one_call(
    clips: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "negatives")
    with FakeEndpoint(reply=rank_by_name) as server:
        flags = ["--clips", clips, "--output", output, "--protocol", PROTOCOL]
        flags += ["--teacher", "openai", "--model", "tiny", "--base-url", server.base_url]
        assert run_job(job.main, job.Flags, [*flags, "--dry-run"]) == 0
        assert count_requests(server) == 0
        assert run_job(job.main, job.Flags, flags) == 0
        sent = count_requests(server)
        assert run_job(job.main, job.Flags, flags) == 0
        assert count_requests(server) == sent == len(SEEN)
    assert "ranked_by_teacher" in capsys.readouterr().out
    assert Path(f"{output}-answers").is_dir()
