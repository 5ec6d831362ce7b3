"""The cache: what was answered once is found again, and what is damaged is asked again."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from schemas.answer import ANSWER
from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.cache import AnswerCache
from skeletonllm.endpoint.ledger import Reservation
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.storage import Plan, claim, finish, list_files, write_table


def make_answer(text: str = "hello", outcome: str = "answered") -> Answer:
    key = hashlib.sha256(text.encode()).hexdigest()
    return Answer(key, outcome, text, "stop", "m", "m-1", 10, 2, 11, 0.001)


def price(cache: AnswerCache, key: str, reservation: int) -> float | None:
    return cache.find_price(Reservation(reservation, key, 1.0, 0.0, 0))


def make_folder(folder: Path, answers: list[Answer]) -> str:
    plan = Plan("ask_teacher", "1", {}, ())
    claim(str(folder), plan)
    rest = {
        "purpose": "rationale", "view": "v", "variant": 0, "sample": 0, "turn": 0,
        "facts_given": False, "prompt_sha256": "0" * 64,
    }  # fmt: skip
    rows = [{**dict.fromkeys(ANSWER.arrow.names), **rest, **a.to_json()} for a in answers]
    table = pa.Table.from_pylist(
        [{**row, "answer_sha256": a.sha256} for row, a in zip(rows, answers, strict=True)],
        schema=ANSWER.arrow,
    )
    write_table(str(folder / "parts" / "part-00000.parquet"), table)
    finish(str(folder), plan, dict)
    return str(folder)


@pytest.mark.parametrize("kind", ["local", "memory"])
def test_an_answer_is_found_again_after_reopening(tmp_path: Path, kind: str) -> None:
    folder = str(tmp_path) if kind == "local" else f"memory://{uuid.uuid4().hex}/cache"
    answer = make_answer()
    AnswerCache(folder).put(answer, 7)
    cache = AnswerCache(folder)
    key = answer.request_sha256
    assert (cache.get(key), price(cache, key, 7)) == (answer, answer.usd)
    assert price(cache, key, 6) is None  # another one has paid
    assert list_files(folder) == [f"{key[:2]}/{key}.json"]
    assert cache.get("0" * 64) is price(cache, "0" * 64, 7) is None
    cache.remove_loose()
    assert list_files(folder) == []
    assert cache.get(key) is None


def test_the_first_of_many_writers_wins(tmp_path: Path) -> None:
    first = make_answer()
    one, other = AnswerCache(str(tmp_path)), AnswerCache(str(tmp_path))
    one.put(first, 1)
    with ThreadPoolExecutor(8) as pool:
        for cache in (one, other):
            list(pool.map(lambda n, c=cache: c.put(replace(first, text=str(n)), n), range(20)))
    assert one.get(first.request_sha256) == other.get(first.request_sha256) == first


@pytest.mark.parametrize("harm", ["cut", "empty", "flipped", "moved", "list"])
def test_a_damaged_answer_counts_as_none_and_can_be_put_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: str
) -> None:
    answer = make_answer()
    AnswerCache(str(tmp_path)).put(answer, 1)
    (file,) = tmp_path.glob("*/*.json")
    text = file.read_text()
    other = text.replace(answer.request_sha256, "0" * 64)
    harmed = {"cut": text[:-40], "empty": "", "flipped": text.replace("hello", "hallo")}
    file.write_text({**harmed, "moved": other, "list": "[]"}[harm])
    cache = AnswerCache(str(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert cache.get(answer.request_sha256) is None
    assert "damaged" in caplog.text
    assert not file.exists()
    cache.put(answer, 2)
    assert price(cache, answer.request_sha256, 2) == answer.usd


def test_an_answer_of_another_major_version_is_refused_and_kept(tmp_path: Path) -> None:
    answer = make_answer()
    AnswerCache(str(tmp_path)).put(answer, 1)
    (file,) = tmp_path.glob("*/*.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "schema_version": "2.0.0"}))
    with pytest.raises(SchemaError, match=r"2\.0\.0"):
        AnswerCache(str(tmp_path)).get(answer.request_sha256)
    assert file.exists()


def test_what_nobody_said_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="asked again"):
        AnswerCache(str(tmp_path)).put(make_answer(outcome="unanswered"), 1)


def test_answers_of_a_finished_folder_are_reused_but_for_unanswered_ones(tmp_path: Path) -> None:
    answers = [make_answer(str(i)) for i in range(5)]
    silent = make_answer("silent", "unanswered")
    folder = make_folder(tmp_path / "old", [*answers, silent])
    cache = AnswerCache(str(tmp_path / "cache"), (folder,))
    assert [cache.get(a.request_sha256) for a in answers] == answers
    assert cache.get(silent.request_sha256) is None
    assert price(cache, answers[0].request_sha256, 0) is None


def test_a_finished_folder_that_was_changed_since_is_not_reused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "old", [make_answer()])
    other = make_folder(tmp_path / "other", [make_answer("forged")])
    shutil.copy(f"{other}/parts/part-00000.parquet", f"{folder}/parts/part-00000.parquet")
    with pytest.raises(ReleaseError, match="A finished folder was changed: run `skeletonllm ask"):
        AnswerCache(str(tmp_path / "cache"), (folder,)).get(make_answer("forged").request_sha256)


def test_a_folder_that_is_not_finished_is_not_reused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no output of ask_teacher"):
        AnswerCache(str(tmp_path / "cache"), (str(tmp_path / "nothing"),))
