from __future__ import annotations

from skeletonllm.rationales.verify.told import verify_text
from skeletonllm.synthesis import synthesize

SITTING = synthesize("sit down", seed=0)


def test_every_claim_has_a_verdict_and_what_is_no_claim_has_none() -> None:
    text = "1. Both elbows bend.\n2. All is well.\n3. The figure leaps into the air.\nLabel: sit"
    told = verify_text(text, SITTING)
    assert [each.claim.motion for each in told] == ["bend", "unknown", "jump"]
    assert told[1].verdict is None
    assert [each.verdict.verdict for each in told if each.verdict] == ["true", "contradicted"]
    assert verify_text("Label: sit", SITTING) == ()


def test_a_cause_is_the_claim_at_its_place_in_the_text() -> None:
    """The sentence between is no claim, and must not shift the places."""
    text = "1. Both elbows bend.\n2. All is well.\n3. Because both elbows bend, both hands rise."
    *_, effect = verify_text(text, SITTING)
    assert effect.claim.cause_indices == (0,)
    assert effect.verdict is not None
    assert effect.verdict.verdict == "true"
