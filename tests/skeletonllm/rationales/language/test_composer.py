from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.rationales.language import (
    FORMS,
    Phrasing,
    compose_sentence,
    compose_summary,
    list_claims,
)
from skeletonllm.rationales.rationale import Step

RISE = Step(1, 0.0, 1.0, "raise", "hand", "right", target="shoulder")
SINK = Step(2, 1.2, 2.0, "lower", "hand", "right")


@pytest.mark.parametrize("motion", sorted(FORMS))
def test_each_kind_has_six_phrasings_at_least(motion: str) -> None:
    claims = [c for c in list_claims(counts=(1, 3)) if c.motion == motion]
    for claim in random.Random(0).sample(claims, min(len(claims), 40)):
        bare = {compose_sentence(claim, None, Phrasing(1, v)) for v in range(12)}
        verbs = {re.sub(r"\b(the|person|performer|figure)\b('s)?", "", text) for text in bare}
        assert len(verbs) >= 6, claim


def test_the_next_variant_differs_in_every_sentence() -> None:
    for claim in random.Random(1).sample(list(list_claims()), 300):
        one, two = (compose_sentence(claim, None, Phrasing(1, v, "clip")) for v in (0, 1))
        assert one != two


def test_the_same_phrasing_gives_the_same_words() -> None:
    told = {compose_sentence(RISE, [RISE, SINK], Phrasing(2, 4, "clip")) for _ in range(3)}
    assert len(told) == 1


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (1.2, 2.0, "then next after afterwards following comes later subsequently followed"),
        (0.5, 1.2, "meanwhile meantime while during alongside"),
        (0.1, 1.0, "same simultaneously together parallel"),
    ],
)
def test_the_order_is_told_from_the_times(start: float, end: float, words: str) -> None:
    step = replace(SINK, start_s=start, end_s=end)
    for variant in range(12):
        text = compose_sentence(step, [RISE, step], Phrasing(1, variant)).lower()
        assert set(words.split()) & set(re.findall("[a-z]+", text)), text


def test_a_window_around_another_says_nothing_of_order() -> None:
    step = replace(SINK, start_s=0.0, end_s=9.0)
    text = compose_sentence(step, [RISE, step], Phrasing()).lower()
    assert not {"then", "next", "meanwhile", "same"} & set(re.findall("[a-z]+", text))


def test_both_sides_take_a_plural_verb_and_each_other() -> None:
    claim = Step(1, 0.0, 1.0, "approach", "hand", "both", target="other hand")
    told = " ".join(compose_sentence(claim, None, Phrasing(2, v)) for v in range(9))
    assert "each other" in told
    assert "hands of the first person approach each other" in told
    assert "hands of the first person approaches" not in told


def test_the_right_hand_of_the_second_person_is_named_as_such() -> None:
    told = [compose_sentence(replace(RISE, person=1), None, Phrasing(2, v)) for v in range(9)]
    assert all("second person" in text for text in told)


def test_counts_are_words_up_to_twelve() -> None:
    told = [
        compose_sentence(replace(RISE, count=n), None, Phrasing(variant=v))
        for n in (2, 3, 12)
        for v in range(4)
    ]
    assert not any(re.search(r"\d", text) for text in told)
    assert "13 times" in compose_sentence(replace(RISE, count=13), None, Phrasing())


def test_a_claim_that_cannot_be_said_is_refused_with_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="target=the moon"):
        compose_sentence(replace(RISE, target="the moon"), None, Phrasing())
    with pytest.raises(UsageError, match="step 1, raise: a claim with part=tail"):
        compose_sentence(replace(RISE, part="tail"), None, Phrasing())


def test_openings_of_summaries_vary() -> None:
    texts = [compose_summary([RISE, SINK], Phrasing(1, n % 4, f"clip{n}")) for n in range(1000)]
    for words in (1, 2):
        openings = Counter(" ".join(text.split()[:words]) for text in texts)
        assert openings.most_common(1)[0][1] < 200, openings.most_common(3)


def test_a_summary_of_nothing_is_empty() -> None:
    assert compose_summary([], Phrasing()) == ""
