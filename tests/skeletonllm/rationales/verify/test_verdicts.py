"""The judge, judged: by motions made by hand, and by the truths of synthesized ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from skeletonllm.kinematics.scene import LEVELS
from skeletonllm.motion import Motion
from skeletonllm.rationales import Step, verify_steps
from skeletonllm.rationales.rationale import Verdict
from skeletonllm.synthesis import ACTIONS, TruthEvent, synthesize_with_truth
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22

IN_SPACE = (KINECT_V2, KINECT_V1, SMPL_22)
SUBJECTS = (0, 3, 7)
OTHER = {"left": "right", "right": "left"}
OPPOSITE = {"raise", "lower", "bend", "extend", "approach"}


def verdict(step: Step, motion: Motion) -> str:
    return verify_steps([step], motion)[0].verdict


def claim(motion: str, part: str, start_s: float, end_s: float, **more: object) -> Step:
    return Step(1, start_s, end_s, motion, part, **more)  # type: ignore[arg-type]


RAISE = claim("raise", "hand", 0.5, 1.1, side="right")


@pytest.fixture
def raising(stick_man) -> Motion:
    """The right hand goes from hip to head between 0.5 and 1.1 s of 2 s, and stays."""
    return stick_man().arm("right", 0.75, 0.5, 1.1).motion()


def test_a_true_claim_is_true_and_measured(raising: Motion) -> None:
    found = verify_steps([RAISE], raising)[0]
    assert found.verdict == "true"
    assert found.measured == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"side": "left"}, "the other side does it"),
        ({"motion": "lower"}, "it goes the other way"),
        ({"start_s": 1.3, "end_s": 1.9}, "it hardly moves there"),
        ({"start_s": 1.02, "end_s": 1.9}, "most of that movement lies outside the window"),
        ({"start_s": 5.0, "end_s": 6.0}, "the window lies outside the clip"),
        ({"start_s": 1.0, "end_s": 0.5}, "the window lies outside the clip"),
        ({"person": 1}, "there are 1 persons"),
        ({"target": "waist"}, "it is at head level"),
        ({"count": 4}, "it happens 1 times"),
        ({"causes": (9,)}, "there is no cause 9"),
        ({"causes": (1,)}, "there is no cause 1"),
        ({"part": "foot"}, "it hardly moves there"),
        ({"side": "both"}, "it hardly moves there"),
    ],
)
def test_each_fault_is_found_and_named(
    raising: Motion, change: dict[str, object], reason: str
) -> None:
    found = verify_steps([replace(RAISE, **change)], raising)[0]  # type: ignore[arg-type]
    assert (found.verdict, found.reason) == ("contradicted", reason)


@pytest.mark.parametrize(
    "change", [{"target": "head"}, {"target": "face"}, {"side": ""}, {"part": "wrist"},
               {"part": "arm"}, {"start_s": 0.0, "end_s": 2.0}],
)  # fmt: skip
def test_vague_and_differently_worded_truths_stay_true(
    raising: Motion, change: dict[str, object]
) -> None:
    assert verdict(replace(RAISE, **change), raising) == "true"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "step",
    [
        claim("other", "hand", 0.5, 1.1),
        claim("raise", "hand", 0.5, 1.1, side="right", target="a cup"),
        claim("raise", "tail", 0.5, 1.1),
        claim("bend", "ear", 0.5, 1.1),
        claim("approach", "hand", 0.5, 1.1, side="right", target="the moon"),
        claim("approach", "hand", 0.5, 1.1, side="right", target="other person"),
    ],
)
def test_what_cannot_be_measured_is_unverifiable(raising: Motion, step: Step) -> None:
    assert verdict(step, raising) == "unverifiable"


def test_what_was_not_seen_is_unverifiable(raising: Motion) -> None:
    confidence, joints = raising.confidence.copy(), raising.joints.copy()
    for name in ("right_wrist", "right_hand"):
        confidence[:, :, KINECT_V2.index(name)], joints[:, :, KINECT_V2.index(name)] = 0, 0
    assert verdict(RAISE, replace(raising, confidence=confidence, joints=joints)) == "unverifiable"


def test_mirrored_reversed_and_swapped_by_hand(stick_man) -> None:
    motion = stick_man(persons=2).arm("right", 0.75, 0.3, 0.9).motion()
    step = claim("raise", "hand", 0.3, 0.9, side="right")
    assert verdict(step, motion) == "true"
    assert verdict(step, motion.mirrored()) == "contradicted"
    assert verdict(step, motion.reversed()) == "contradicted"
    assert verdict(step, motion.select_persons([1, 0])) == "contradicted"
    assert verdict(replace(step, person=1), motion.select_persons([1, 0])) == "true"


def test_order_is_measured_even_where_windows_are_vague(stick_man) -> None:
    man = stick_man().move("left_ankle left_foot", (0, 0.4, 0), 0.2, 0.6)
    motion = man.arm("right", 0.75, 1.0, 1.5).motion()
    foot = Step(1, 0.0, 2.0, "raise", "foot", side="left")
    hand = Step(2, 0.0, 2.0, "raise", "hand", side="right")
    assert [v.verdict for v in verify_steps([foot, hand], motion)] == ["true", "true"]
    first, second = verify_steps([replace(foot, causes=(2,)), hand], motion)
    assert (first.verdict, second.verdict) == ("contradicted", "true")
    assert "its cause 2 begins 0." in first.reason


def test_an_earlier_movement_that_carries_nothing_is_no_cause(stick_man) -> None:
    man = stick_man().move("left_ankle left_foot", (0, 0.4, 0), 0.2, 0.6)
    motion = man.arm("right", 0.75, 1.0, 1.5).motion()
    foot = claim("raise", "foot", 0.2, 0.6, side="left")
    hand = Step(2, 1.0, 1.5, "raise", "hand", side="right", causes=(1,))
    first, second = verify_steps([foot, hand], motion)
    assert (first.verdict, second.verdict) == ("true", "contradicted")
    assert second.reason == "it would happen to 100% without its cause 1"


def test_what_happens_twice_is_not_once_in_a_window_that_names_a_time(stick_man) -> None:
    man = stick_man().arm("right", 0.6, 0.3, 0.6).arm("right", -0.6, 0.7, 1.0)
    motion = man.arm("right", 0.6, 1.1, 1.4).motion()
    step = claim("raise", "hand", 0.3, 1.4, side="right")
    assert verdict(replace(step, count=2), motion) == "true"
    assert verify_steps([step], motion)[0].reason == "it happens 2 times"
    assert verdict(replace(step, start_s=0.0, end_s=2.0), motion) == "true"


def test_said_of_all_of_a_clip_any_movement_may_be_meant(stick_man) -> None:
    man = stick_man().arm("right", 0.3, 0.2, 0.5).arm("right", 0.6, 0.8, 1.1)
    motion = man.arm("left", 0.75, 1.4, 1.8).motion()
    chest = claim("raise", "hand", 0.0, 2.0, side="right")
    assert verdict(chest, motion) == "true"
    assert verdict(replace(chest, side="left"), motion) == "true"
    assert verdict(replace(chest, motion="lower"), motion) == "contradicted"
    assert verdict(replace(chest, start_s=0.7, end_s=1.2, side="left"), motion) == "contradicted"


def test_order_of_claimed_times_counts_too(raising: Motion) -> None:
    late = Step(2, 1.2, 1.9, "hold", "hand", side="left")
    assert verify_steps([replace(RAISE, causes=(2,)), late], raising)[0].verdict == "contradicted"


@pytest.mark.parametrize("who", [0, 1])
def test_only_who_moves_approaches(stick_man, who: int) -> None:
    away = 0.6 if who == 0 else -0.6
    motion = stick_man(persons=2).walk((away, 0, 0), 0.4, 1.4, person=who).motion()
    step = claim("approach", "body", 0.4, 1.4, target="the other person")
    assert verdict(replace(step, person=who), motion) == "true"
    waits = verify_steps([replace(step, person=1 - who)], motion)[0]
    assert (waits.verdict, waits.reason) == ("contradicted", "the other one moves")
    assert verdict(replace(step, person=who, motion="retreat"), motion) == "contradicted"


def test_steps_have_a_foot_and_a_direction(stick_man) -> None:
    motion = stick_man().move("left_ankle left_foot", (0, 0, -0.4), 0.5, 0.9).motion()
    step = claim("step", "foot", 0.5, 0.9, side="left", direction="forward")
    assert verdict(step, motion) == "true"
    assert verdict(replace(step, side="right"), motion) == "contradicted"
    assert verdict(replace(step, direction="back"), motion) == "contradicted"


def test_rest_can_be_claimed(raising: Motion) -> None:
    assert verdict(claim("hold", "body", 1.2, 2.0), raising) == "true"
    assert verdict(claim("hold", "body", 0.4, 1.4), raising) == "contradicted"
    assert verdict(claim("hold", "body", 0.0, 2.0), raising) == "true"  # at some time
    assert verdict(claim("hold", "hand", 0.0, 2.0, side="left"), raising) == "true"


def steps_of(truth: Sequence[TruthEvent]) -> list[Step]:
    return [
        Step(i + 1, t.start_s, t.end_s, t.motion, t.part, t.side, t.person, t.target)
        for i, t in enumerate(truth)
    ]


def verify_roughly(steps: Sequence[Step], motion: Motion) -> list[Verdict]:
    """Synthesized truths name the level of a pose roughly: the next one is as good."""
    found = []
    for step, verdict in zip(steps, verify_steps(steps, motion), strict=True):
        near = _list_next_levels(step) if verdict.verdict != "true" else []
        tries = [verdict, *verify_steps(near, motion)]
        found.append(next((v for v in tries if v.verdict == "true"), verdict))
    return found


def _list_next_levels(step: Step) -> list[Step]:
    if step.target not in LEVELS or step.motion in ("approach", "retreat", "touch"):
        return []
    place = LEVELS.index(step.target)
    near = LEVELS[max(0, place - 1) : place] + LEVELS[place + 1 : place + 2]
    return [replace(step, target=level) for level in near]


def same(a: Step, b: Step, side: str) -> bool:
    return (a.motion, a.part, a.person, side) == (b.motion, b.part, b.person, b.side)


def meet(a: Step, start_s: float, end_s: float) -> bool:
    return a.start_s < end_s and start_s < a.end_s


@pytest.mark.parametrize("topology", IN_SPACE, ids=lambda t: t.name)
def test_every_truth_of_every_action_is_found_true(topology) -> None:
    wrong, total = [], 0
    for action in ACTIONS:
        for subject in SUBJECTS:
            motion, truth = synthesize_with_truth(
                action, topology=topology, subject=subject, seed=subject
            )
            steps = steps_of(truth)
            total += len(steps)
            found = zip(steps, verify_roughly(steps, motion), strict=True)
            wrong += [(action, s, v) for s, v in found if v.verdict != "true"]
    assert total > 600
    assert len(wrong) <= 0.01 * total, wrong


def test_in_a_plane_truths_are_true_or_hidden() -> None:
    found: Counter[str] = Counter()
    for action in ACTIONS:
        motion, truth = synthesize_with_truth(action, topology=COCO_17, subject=3)
        found.update(v.verdict for v in verify_roughly(steps_of(truth), motion))
    assert found["true"] >= 0.88 * found.total()
    assert found["contradicted"] <= 0.02 * found.total()


@pytest.mark.parametrize("topology", IN_SPACE, ids=lambda t: t.name)
def test_sided_truths_are_contradicted_in_the_mirror(topology) -> None:
    """Except what the other side does as well, and hands that meet: both do that."""
    found: Counter[str] = Counter()
    for action in ACTIONS:
        motion, truth = synthesize_with_truth(action, topology=topology, subject=3)
        steps = steps_of(truth)
        sided = [
            s
            for s in steps
            if s.side in OTHER
            and "hand" not in s.target.split()
            and not any(same(s, o, OTHER[s.side]) and meet(o, s.start_s, s.end_s) for o in steps)
        ]
        found.update(v.verdict for v in verify_steps(sided, motion.mirrored()))
    assert found.total() > 100
    assert found["contradicted"] >= 0.97 * found.total(), found


@pytest.mark.parametrize("topology", IN_SPACE, ids=lambda t: t.name)
def test_truths_are_contradicted_when_time_runs_backwards(topology) -> None:
    """At the moment where it happened, the reversed motion does the opposite."""
    found: Counter[str] = Counter()
    for action in ACTIONS:
        motion, truth = synthesize_with_truth(action, topology=topology, subject=3)
        end = motion.duration_s
        back = [
            replace(s, start_s=end - s.end_s, end_s=end - s.start_s)
            for s in steps_of(truth)
            if s.motion in OPPOSITE
        ]
        found.update(v.verdict for v in verify_steps(back, motion.reversed()))
    assert found.total() > 150
    assert found["contradicted"] >= 0.98 * found.total(), found


SUDDEN = ("drink water", "point at something/directions", "bow (bend forward)", "salute")


@pytest.mark.parametrize("action", SUDDEN)
def test_a_wrong_time_is_contradicted(action: str) -> None:
    """These actions move, rest and move back: claims about the rest are false."""
    motion, truth = synthesize_with_truth(action, subject=3)
    steps = steps_of(truth)
    rest = (max(s.end_s for s in steps[: len(steps) // 2]), min(s.start_s for s in steps[-1:]))
    moved = [replace(s, start_s=rest[0] + 0.15, end_s=rest[1] - 0.1) for s in steps]
    assert {v.verdict for v in verify_steps(moved, motion)} == {"contradicted"}


@pytest.mark.parametrize("topology", IN_SPACE, ids=lambda t: t.name)
@pytest.mark.parametrize("action", ["punch/slap someone", "kicking someone", "pushing someone"])
def test_who_did_it_matters(topology, action: str) -> None:
    """What one does before the other answers is not true of the other."""
    motion, truth = synthesize_with_truth(action, topology=topology, subject=3)
    steps = steps_of(truth)
    answer = min(s.start_s for s in steps if s.person == 1)
    done = [s for s in steps if s.person == 0 and s.start_s < answer - 0.2]
    done += [s for s in steps if s.motion in ("approach", "step")]
    assert len(done) >= 3
    alone = [s for s in done if not _answered_alike(s, steps)]
    found = verify_steps(alone, motion.select_persons([1, 0]))
    assert [v.verdict for v in found] == ["contradicted"] * len(alone), found


def _answered_alike(step: Step, steps: Sequence[Step]) -> bool:
    """Whether the other one, too, raises, lowers or sets that part at that time."""
    limb = (step.part, step.side, 1 - step.person)
    theirs = [o for o in steps if (o.part, o.side, o.person) == limb]
    alike = [o for o in theirs if o.motion == step.motion or step.motion in ("raise", "lower")]
    return any(meet(o, step.start_s, step.end_s) for o in alike)
