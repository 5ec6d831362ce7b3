"""Claims against joints, probabilities, and what a person reads."""

from __future__ import annotations

import math

import pytest

from skeletonllm.answering.reply import (
    NOT_UNDERSTOOD,
    CheckedClaim,
    Reply,
    check_text,
    make_printable,
    rank_likelihoods,
)
from skeletonllm.clip import Clip
from skeletonllm.rationales import KinematicTeacher


def test_what_happens_is_true_and_its_opposite_contradicted(clip: Clip) -> None:
    text = "The right elbow bends. The figure jumps. Lorem ipsum. Label: hand waving"
    bend, jump, strange = check_text(text, clip.motion)
    assert (bend.verdict, bend.claim) == ("true", "bend right elbow")
    assert bend.measured is not None
    assert bend.amount == f"{bend.measured:.0f} degrees"
    assert jump.verdict == "contradicted"
    assert jump.reason
    assert strange == CheckedClaim("Lorem ipsum.", "", "unverifiable", reason=NOT_UNDERSTOOD)


def test_a_composed_rationale_holds_over_the_whole_clip(clip: Clip) -> None:
    """Its windows are gone with the text: still, few of its claims may seem untrue."""
    text = KinematicTeacher().rationale(clip).text
    found = [claim.verdict for claim in check_text(text, clip.motion)]
    assert len(found) >= 4
    assert found.count("true") > len(found) / 2
    assert found.count("contradicted") <= 1


def test_an_empty_text_claims_nothing(clip: Clip) -> None:
    assert check_text("", clip.motion) == ()
    assert check_text("Label: throw", clip.motion) == ()


def test_probabilities_sum_to_one_and_the_likeliest_is_first() -> None:
    ranked = rank_likelihoods(["a", "b", "c"], [-1001.0, -1000.0, -1000.0])
    assert [each.text for each in ranked] == ["b", "c", "a"]
    assert math.isclose(sum(each.probability for each in ranked), 1)
    assert math.isclose(ranked[0].probability, 1 / (2 + math.exp(-1)))


def test_a_person_reads_the_top_and_how_much_is_left() -> None:
    ranked = rank_likelihoods(["a", "b", "c", "d"], [math.log(p) for p in (0.5, 0.3, 0.15, 0.05)])
    reply = Reply(clip_id="x", kind="recognition", text="a", likelihoods=ranked, remarks=("so",))
    lines = ["  50.0%  a", "  30.0%  b", "  20.0%  2 others", "note: so"]
    assert reply.describe(top=2) == lines


def test_a_person_reads_each_verdict_with_what_was_measured() -> None:
    claims = (
        CheckedClaim("s", "raise right hand", "true", 0.3, "0.30 m"),
        CheckedClaim("t", "jump body", "contradicted", reason="it does not jump"),
        CheckedClaim("Oh.", "", "unverifiable", reason=NOT_UNDERSTOOD),
    )
    lines = Reply(clip_id="x", kind="explanation", text="t", claims=claims).describe()
    assert lines[0].split(None, 1) == ["true", "raise right hand: 0.30 m"]
    assert lines[1].split(None, 1) == ["contradicted", "jump body: it does not jump"]
    assert "'Oh.'" in lines[2]
    assert lines[3] == "3 claims: 1 true, 1 contradicted, 1 unverifiable"


@pytest.mark.parametrize(("said", "shown"), [("a\x1b[2J", "a\ufffd[2J"), ("é🙂\n\t", "é🙂\n\t")])
def test_no_answer_steers_a_terminal(said: str, shown: str) -> None:
    assert make_printable(said) == shown
