from __future__ import annotations

from typing import Any

from skeletonllm.release.trace.stages import find_making, find_unknown


def stage(corpus: str, **given: Any) -> dict[str, Any]:
    config = {"corpus": corpus, "profile": "clean@2", "licence": "mit", **given.pop("config", {})}
    return {"stage": "normalize", "version": "2", "config": config, **given}


META = {"corpus": "lab", "profile": "clean@2", "licence": "mit"}
WHOLE = {"code": "skeletonllm 1.0.0", "reader": {"name": "lab"}}


def test_the_stage_of_its_corpus_profile_and_licence_made_it() -> None:
    raw = stage("lab", config={"profile": "raw@2"})
    stages = [stage("other"), raw, stage("lab")]
    assert find_making({"stages": stages}, META) == [stages[2]]
    assert find_making({"stages": [raw]}, META) == [raw]
    assert find_making({"stages": [stage("other")]}, META) == []


def test_a_reader_of_ones_own_is_known_by_its_name() -> None:
    own = stage("lab.readers:Mine", reader={"name": "lab"})
    assert find_making({"stages": [own]}, META) == [own]


def test_what_nobody_wrote_down_is_said() -> None:
    old = {"code": "skeletonllm 0.1.0"}
    shards = {"stage": "build_shards", "config": {}}
    said = list(find_unknown(old, [stage("lab")], [], [shards]))
    assert said == [
        "the version of the reader: the lineage names only the code that cut it, skeletonllm 0.1.0",
        "which code normalized it: the lineage names that of the cut alone",
        "which code ran build_shards: the lineage names that of the cut alone",
    ]
    assert "no stage of the lineage is of its corpus" in next(find_unknown(old, [], [], []))
    twice = [stage("lab", **WHOLE)] * 2
    assert next(find_unknown(old, twice, [], [])).startswith("which of 2 normalize stages made it")


def test_nothing_is_said_where_all_is_known() -> None:
    shards = {"stage": "build_shards", "config": {}, "code": "skeletonllm 1.0.0"}
    assert list(find_unknown({}, [stage("lab", **WHOLE)], [], [shards])) == []


def test_teachers_that_were_asked_and_that_ask_nobody() -> None:
    rows = [{"prompt_sha256": None}, {"prompt_sha256": "a" * 64}]
    mined = {"stage": "mine_negatives", "config": {"answers": "b" * 64}, "code": "x"}
    words, offline, cost = find_unknown({}, [stage("lab", **WHOLE)], rows, [mined])
    assert words.startswith("the words of prompts and answers")
    assert offline == "prompts of 1 rationales: none was sent, their teacher works offline"
    assert cost.startswith("what the rankings of a teacher cost")
