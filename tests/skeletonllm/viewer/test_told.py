from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from skeletonllm.clip import Caption
from skeletonllm.rationales.teachers.kinematic import KinematicTeacher
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.viewer.told import (
    describe_clip,
    list_words,
    sum_up_rationales,
    tell_lineage,
    tell_questions,
    tell_rationales,
)


def clip_of(action: str) -> Any:
    motion = synthesize(action, seed=3)
    return make_clip(motion, clip_id=f"lab/{action}", label=action, label_namespace="lab")


def told_by_the_teacher(clip: Any) -> dict[str, Any]:
    return KinematicTeacher().rationale(clip, 0).to_row()


def test_true_steps_say_what_was_measured_and_show_their_joints() -> None:
    clip = clip_of("hand waving")
    (told,) = tell_rationales([told_by_the_teacher(clip)], clip)
    raised = next(step for step in told["steps"] if "m" in step["measured"].split())
    assert raised["verdict"] == "true"
    assert raised["persons"] == [0]
    hands = [step["joints"] for step in told["steps"] if "hand" in step["text"]]
    assert any({"left_hand", "right_hand"} & set(joints) for joints in hands)
    assert told["teacher"].startswith("kinematic")


def test_a_contradicted_step_says_why() -> None:
    clip = clip_of("hand waving")
    row = told_by_the_teacher(clip)
    step = next(step for step in row["steps"] if step["motion"] == "raise")
    step |= {"motion": "lower", "verdict": "contradicted", "measured": -0.5, "causes": []}
    (told,) = tell_rationales([row], clip)
    (wrong,) = [step for step in told["steps"] if step["verdict"] == "contradicted"]
    assert wrong["measured"] == "-0.50 m: it goes the other way"


def test_where_the_joints_now_say_otherwise_no_reason_is_made_up() -> None:
    clip = clip_of("hand waving")
    row = told_by_the_teacher(clip)
    step = next(step for step in row["steps"] if step["motion"] == "raise")
    step |= {"verdict": "contradicted", "measured": -0.5}
    (told,) = tell_rationales([row], clip)
    (wrong,) = [step for step in told["steps"] if step["verdict"] == "contradicted"]
    assert wrong["measured"] == "-0.50 m: the other way"


def test_the_row_of_a_clip() -> None:
    clip = clip_of("jump up")
    seen = clip.motion.confidence.copy()
    seen[:, :, :5] = 0
    clip = replace(clip, motion=replace(clip.motion, confidence=seen), flags=("a", "b"))
    row = describe_clip(clip, [])
    assert row["observed"] == 0.8
    assert row["seconds"] == round(clip.motion.num_frames / 30, 3)
    assert (row["label"], row["namespace"], row["flags"]) == ("jump up", "lab", ("a", "b"))
    assert (row["rationales"], row["verdicts"], row["grounded"]) == (0, [], None)


def test_nobody_there_is_nothing_observed() -> None:
    clip = clip_of("jump up")
    gone = replace(clip.motion, present=np.zeros_like(clip.motion.present))
    assert describe_clip(replace(clip, motion=gone), [])["observed"] == 0


def test_of_several_rationales_the_lowest_counts() -> None:
    rows = [
        {"grounded": 1.0, "steps": [{"verdict": "true"}]},
        {"grounded": 0.5, "steps": [{"verdict": "true"}, {"verdict": "contradicted"}]},
    ]
    found = sum_up_rationales(rows)
    assert found == {"rationales": 2, "grounded": 0.5, "verdicts": ["contradicted", "true"]}


def test_lineage_leaves_out_what_nobody_knows() -> None:
    names = [name for name, _ in tell_lineage(clip_of("jump up"), {"tar": "t", "bytes": None})]
    assert "tar" in names
    assert not {"bytes", "repetition", "flags"} & set(names)


def test_questions_and_words() -> None:
    assert tell_questions([{"question": "Which hand?", "answer": "left"}]) == ["Which hand? left"]
    clip = clip_of("jump up")
    assert list(list_words(clip, [{"text": "it jumps"}])) == ["lab/jump up", "it jumps"]


def test_a_clip_without_a_label_is_named_by_its_first_caption_in_short() -> None:
    clip = clip_of("hand waving")
    said = (Caption("a person\n waves"), Caption("again"))
    assert describe_clip(replace(clip, captions=said), [])["caption"] == ""
    nameless = replace(clip, label=None, label_id=None, label_namespace=None, captions=said)
    assert describe_clip(nameless, [])["caption"] == "a person waves"
    long = replace(nameless, captions=(Caption("word " * 100),))
    assert len(describe_clip(long, [])["caption"]) == 120
    assert describe_clip(replace(nameless, captions=()), [])["caption"] == ""
