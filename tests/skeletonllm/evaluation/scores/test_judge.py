"""From responses to numbers: each control and scoring beside the first one."""

from __future__ import annotations

import pytest

from skeletonllm.evaluation.responses.response import Response
from skeletonllm.evaluation.scores.dependence import Dependence
from skeletonllm.evaluation.scores.judge import Judge, group_responses
from skeletonllm.tasks import get_task

NAMES = ("wave", "throw", "throw up hat/cap")
CLIPS = [f"{name}/{i}" for name in NAMES for i in range(4)]
RELATED = Dependence({c: ("lab", str(i % 4)) for i, c in enumerate(CLIPS)}, frozenset({CLIPS[0]}))


def respond(clip: str, said: str, **changes: object) -> Response:
    target = clip.rpartition("/")[0]
    given: dict[str, object] = {
        "clip_id": clip,
        "target": target,
        "label": target,
        "label_namespace": "lab",
        "candidates": NAMES,
        "scores": tuple(-1.0 if name == said else -2.0 for name in NAMES),
        "tokens": (2, 2, 6),
        "blind_scores": (-1.0, -1.5, -3.0),
    }
    return Response(**{**given, **changes})


def judge_recognition(responses: list[Response], **how: object) -> dict[str, object]:
    return Judge(get_task("recognition"), RELATED, {"lab": NAMES}, **how).score(responses)


def test_right_answers_are_counted_by_every_scoring_and_against_shuffled_names() -> None:
    found = judge_recognition([respond(clip, clip.rpartition("/")[0]) for clip in CLIPS])
    assert found["top1"] == 1.0
    assert found["candidates"] == list(NAMES)
    assert found["scorings"]["blind"] == pytest.approx(1 / 3)  # always "wave"
    assert found["scorings"]["mean"] == pytest.approx(1 / 3)  # six tokens make -2 small
    assert found["shuffled_names"]["mean"] == pytest.approx(1 / 3, abs=0.03)
    assert found["leak_free"]["clips"] == len(CLIPS) - 1
    assert found["by_subject"]["subjects"] == 4


def test_the_published_match_counts_a_name_inside_another_and_ours_does_not() -> None:
    said = [respond(clip, "wave", text="Throw up hat/cap.") for clip in CLIPS]
    written = judge_recognition(said)["written"]
    assert written["exact"]["right"] == pytest.approx(4 / 12)
    assert written["published"]["right"] == pytest.approx(8 / 12)


def test_unseen_classes_among_seen_ones_have_a_harmonic_mean() -> None:
    said = [respond(clip, "wave") for clip in CLIPS]
    found = judge_recognition(said, unseen=("throw",))
    assert found["generalized"] == {"seen": 0.5, "unseen": 0.0, "harmonic": 0.0}


def test_texts_are_compared_with_those_of_exchanged_motions() -> None:
    judge = Judge(get_task("rationale"), RELATED)
    bare = {"candidates": None, "scores": None, "tokens": None, "blind_scores": None}
    own = [respond(c, "", **bare, loss=1.0) for c in CLIPS]
    other = [respond(c, "", **bare, loss=1.5, condition="exchanged") for c in CLIPS]
    found = judge.score(own, other)
    assert (found["loss"], found["loss_exchanged"], found["gain"]) == (1.0, 1.5, 0.5)
    assert judge.score(other)["summary"] == "1.500 nats a token"


def test_what_a_student_writes_is_judged_by_its_last_line_and_its_steps() -> None:
    bare = {"candidates": None, "scores": None, "tokens": None, "blind_scores": None}
    told = [
        respond(c, "", **bare, loss=1.0, text="It rises.\nLabel: wave", verdicts=("true",))
        for c in CLIPS
    ]
    said = [Response(**{**vars(r), "target": f"x\nLabel: {r.target}"}) for r in told]
    written = Judge(get_task("rationale"), RELATED).score(said)["written"]
    assert written["top1"] == pytest.approx(1 / 3)
    assert written["steps"]["true_steps"] == 1.0


def test_questions_are_scored_by_kind_beside_a_black_picture() -> None:
    kinds = ["side", "count"] * 6
    said = [respond(c, "wave", kind=k) for c, k in zip(CLIPS, kinds, strict=True)]
    found = Judge(get_task("question"), RELATED).score(said)
    assert {k: v["clips"] for k, v in found["by_kind"].items()} == {"side": 6, "count": 6}
    assert found["by_kind"]["side"]["blind"] == pytest.approx(1 / 3)


def test_responses_are_grouped_by_condition_and_namespace() -> None:
    said = [respond(CLIPS[0], "wave"), respond(CLIPS[1], "wave", condition="blind")]
    groups = group_responses([*said, respond(CLIPS[2], "wave", label_namespace=None)])
    assert {c: list(g) for c, g in groups.items()} == {"own": ["lab", ""], "blind": ["lab"]}
