"""The offline teacher: what it tells is true, is of the motion alone, and can be read back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.errors import SourceError
from skeletonllm.kinematics import extract_bodies
from skeletonllm.motion import Motion
from skeletonllm.rationales import KinematicTeacher, Rationale, rationales_to_table, verify_steps
from skeletonllm.rationales.language import find_text_faults, list_facts, parse_claims
from skeletonllm.rationales.verify.counterfactual import measure_carried_share
from skeletonllm.synthesis import ACTIONS, synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22

Maker = Callable[..., Clip]
TOLD = ("drink water", "hand waving", "sit down", "throw", "clapping", "kicking the air/something",
        "pushing someone", "squat down", "spin arms in circles", "walk around")  # fmt: skip
ONE_SIDED = ("drink water", "phone call", "salute", "hand waving", "kicking the air/something")


@cache
def act(action: str) -> Motion:
    return synthesize(action, subject=3)


@cache
def explain(action: str, label: str = "", variant: int = 0) -> Rationale:
    """What is told of an action, perhaps under another label."""
    (told,) = KinematicTeacher().rationales(clip(action, label), [variant])
    return told


def clip(action: str, label: str = "") -> Clip:
    label = label or action
    return make_clip(
        act(action), clip_id="toy/0", label=label, label_id=0, label_namespace="toy"
    )  # fmt: skip


def spoil(motion: Motion) -> Motion:
    """The same motion, in which the sensor loses the right hand for three frames."""
    joints = motion.joints.copy()
    for name in ("wrist", "hand", "hand_tip", "thumb"):
        joints[10:13, 0, motion.topology.index(f"right_{name}")] += np.float32(2.0)
    return replace(motion, joints=joints)


@pytest.mark.parametrize(
    ("action", "defining"),
    [
        ("drink water", ("approach", "hand", "right", "head")),
        ("clapping", ("clap", "hand", "both", "")),
        ("throw", ("throw", "hand", "right", "")),
        ("sit down", ("sit", "body", "centre", "")),
        ("kicking the air/something", ("kick", "foot", "left", "")),
        ("pushing someone", ("push", "hand", "both", "shoulder")),
    ],
)
def test_what_sets_an_action_apart_is_told(action: str, defining: tuple[str, ...]) -> None:
    told = explain(action)
    assert defining in {(s.motion, s.part, s.side, s.target) for s in told.steps}
    assert told.status == "accepted"


def test_a_text_is_summary_steps_and_label() -> None:
    told = explain("drink water")
    first, *steps, label = told.text.splitlines()
    assert (first, label) == (told.summary, "Label: drink water")
    assert steps == [f"{step.id}. {step.text}" for step in told.steps]
    assert [step.id for step in told.steps] == [*range(1, len(steps) + 1)]


@pytest.mark.parametrize("action", TOLD)
def test_a_wrong_label_changes_nothing_but_the_last_line(action: str) -> None:
    told, under = explain(action), explain(action, "juggling")
    assert under.text.splitlines()[:-1] == told.text.splitlines()[:-1]
    assert repr(under.steps) == repr(told.steps)
    assert under.text.endswith("\nLabel: juggling")


@pytest.mark.parametrize("action", TOLD)
def test_every_step_is_true_when_it_is_judged_again(action: str) -> None:
    told = explain(action)
    assert [v.verdict for v in verify_steps(told.steps, act(action))] == ["true"] * len(told.steps)
    assert {step.verdict for step in told.steps} == {"true"}
    assert told.grounded == 1.0


@pytest.mark.parametrize("topology", [KINECT_V2, KINECT_V1, SMPL_22, COCO_17], ids=lambda t: t.name)
def test_steps_are_true_of_any_skeleton(topology, clip_of: Maker) -> None:
    for action in TOLD[:4]:
        motion = synthesize(action, topology=topology, subject=1, seed=1)
        told = KinematicTeacher().rationale(clip_of(motion))
        assert {v.verdict for v in verify_steps(told.steps, motion)} == {"true"}


def test_a_cause_carries_half_of_its_effect() -> None:
    causes = 0
    for action in TOLD:
        motion, by_id = act(action), {step.id: step for step in explain(action).steps}
        people = extract_bodies(motion)
        for step in by_id.values():
            assert all(cause < step.id for cause in step.causes)
            for cause in step.causes:
                assert measure_carried_share(by_id[cause], step, people, motion.fps) >= 0.5
                causes += 1
    assert causes >= 10


@pytest.mark.parametrize("action", TOLD)
def test_claims_can_be_read_back_from_the_text(action: str) -> None:
    told = explain(action)
    found = parse_claims(told.text)
    read = [claim for claim in found if claim.role == "step"]
    assert [claim.facts for claim in read] == [list_facts(step) for step in told.steps]
    by_id = {step.id: list_facts(step) for step in told.steps}
    for step, claim in zip(told.steps, read, strict=True):
        assert {found[i].facts for i in claim.cause_indices} == {by_id[i] for i in step.causes}


@pytest.mark.parametrize("action", TOLD)
def test_no_text_has_a_fault_or_a_number(action: str) -> None:
    text = explain(action).text
    assert find_text_faults(text, action, [other for other in ACTIONS if other != action]) == ()
    body = re.sub(r"^\d+\. ", "", text.rpartition("\n")[0], flags=re.MULTILINE)
    assert not re.search(r"\d", body)


def test_amounts_are_told_where_they_are_asked_for() -> None:
    plain = explain("drink water")
    told = KinematicTeacher(measures=True).rationale(clip("drink water"))
    assert re.search(r"by \d+ cm", told.text)
    assert re.search(r"from \d+ to \d+ degrees", told.text)
    assert repr([replace(s, text="") for s in told.steps]) == repr(
        [replace(s, text="") for s in plain.steps]
    )
    assert told.request_sha256 != plain.request_sha256


def test_the_same_clip_and_variant_give_the_same_bytes() -> None:
    again = KinematicTeacher().rationale(clip("throw"), 1)
    assert repr(again.to_row()) == repr(explain("throw", variant=1).to_row())


@pytest.mark.parametrize("action", TOLD[:4])
def test_variants_tell_the_same_in_other_sentences(action: str) -> None:
    told = [*KinematicTeacher().rationales(clip(action), range(3))]
    claims = {repr([replace(s, text="") for s in r.steps]) for r in told}
    assert len(claims) == 1
    assert len({r.request_sha256 for r in told} | {r.rationale_id for r in told}) == 6
    for one, two in pairwise(told):
        same = [a.text == b.text for a, b in zip(one.steps, two.steps, strict=True)]
        assert sum(same) <= 0.1 * len(same)
        assert one.summary != two.summary


def test_several_variants_are_those_that_are_asked_one_by_one() -> None:
    (second,) = KinematicTeacher().rationales(clip("throw"), [1])
    assert repr(second) == repr(KinematicTeacher().rationale(clip("throw"), 1))


def test_two_persons_are_told_apart() -> None:
    told = explain("pushing someone")
    assert {s.person for s in told.steps} == {0, 1}
    assert "the second person" in told.text.lower()


@pytest.mark.parametrize("action", ONE_SIDED)
def test_sided_steps_are_contradicted_in_the_mirror(action: str) -> None:
    steps = explain(action).steps
    sided = [replace(s, causes=()) for s in steps if s.side in ("left", "right")]
    assert len(sided) >= 2
    assert {v.verdict for v in verify_steps(sided, act(action).mirrored())} == {"contradicted"}


def test_sensor_nonsense_is_flagged_and_not_told(clip_of: Maker) -> None:
    told = KinematicTeacher().rationale(clip_of(spoil(act("drink water"))))
    assert any(re.match(r"sensor: jump of the right hand, 0\.\d s to", f) for f in told.flags)
    # Frames 10 to 12 are from 0.33 s to 0.43 s.
    assert not [s for s in told.steps if (s.part, s.side) == ("hand", "right") and
                s.start_s < 0.33 and 0.43 < s.end_s < 0.9]  # fmt: skip
    assert explain("drink water").flags == ()


def test_a_still_clip_is_told_honestly(stick_man, clip_of: Maker) -> None:
    told = KinematicTeacher().rationale(clip_of(stick_man().motion()))
    (step,) = told.steps
    assert (step.motion, step.part, step.verdict) == ("hold", "body", "true")
    assert (told.status, told.flags) == ("kept_with_faults", ())
    assert [claim.motion for claim in parse_claims(step.text)] == ["hold"]


def test_an_unseen_clip_is_told_honestly(stick_man, clip_of: Maker) -> None:
    motion = stick_man().motion()
    unseen = replace(motion, present=np.zeros_like(motion.present))
    told = KinematicTeacher().rationale(clip_of(unseen))
    assert told.steps[0].verdict == "unverifiable"
    assert (told.grounded, told.status) == (0.0, "kept_with_faults")


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_the_shortest_clips(stick_man, clip_of: Maker, frames: int) -> None:
    motion = stick_man().motion().select_frames(range(frames))
    assert KinematicTeacher().rationale(clip_of(motion)).steps[0].motion == "hold"


def test_rows_fit_the_schema() -> None:
    told = [*KinematicTeacher().rationales(clip("clapping"), range(2))]
    table = rationales_to_table(told)
    (row, _) = table.to_pylist()
    assert row["rationale_id"] == "toy/0#kinematic@3/0"
    assert (row["tokens_in"], row["tokens_out"], row["usd"]) == (0, 0, 0.0)


def test_the_request_hash_depends_on_all_that_matters(clip_of: Maker) -> None:
    motion, teacher = act("throw"), KinematicTeacher()
    asked = {
        teacher.rationale(clip_of(motion)).request_sha256,
        teacher.rationale(clip_of(motion, "wave")).request_sha256,
        teacher.rationale(clip_of(motion.mirrored())).request_sha256,
        replace(teacher, name="kinematic@9").rationale(clip_of(motion)).request_sha256,
    }
    assert len(asked) == 4


def test_without_a_label_the_first_caption_concludes(clip_of: Maker) -> None:
    captioned = clip_of(act("throw"), None, "a person\n throws", "someone tosses")
    told = KinematicTeacher().rationale(captioned)
    assert told.label == "a person throws"
    assert told.text.splitlines()[-1] == "Label: a person throws"


def test_with_neither_it_is_refused(clip_of: Maker) -> None:
    with pytest.raises(SourceError, match="toy/0: the clip has neither a label nor a caption") as e:
        KinematicTeacher().rationale(clip_of(act("throw"), None))
    assert e.value.code == "unlabelled"


@pytest.mark.real
def test_real_clips_are_told_truly(shared: Path) -> None:
    reader = get_reader("ntu_rgbd")
    found = 0
    for source in reader.sources(str(shared / "data/samples/ntu_rgbd")):
        for real in read_clips(reader, source)[0]:
            steps = KinematicTeacher().rationale(real).steps
            assert "contradicted" not in {v.verdict for v in verify_steps(steps, real.motion)}
            found += len(steps)
    assert found > 100
