"""Left and right in words: exchanged where they are sides, kept where not, refused in doubt."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.augmentation.side_words import AFTER, AFTER_OWNED, NO_SIDE, may_follow
from skeletonllm.augmentation.sides import (
    exchange_sides,
    is_chiral,
    mirror_name,
    names_hidden,
)
from skeletonllm.corpora import readers
from skeletonllm.rationales.language import Phrasing, compose_sentence, list_claims, parse_claims
from skeletonllm.rationales.language.parser import ParsedClaim
from skeletonllm.testing.strategies import FEW_EXAMPLES

OTHER = {
    "left": "right",
    "right": "left",
    "clockwise": "counterclockwise",
    "counterclockwise": "clockwise",
}
CIRCLES = ("draw circle (clockwise)", "draw circle (counter clockwise)", "clap")


@pytest.mark.parametrize(
    ("text", "mirrored"),
    [
        ("the left hand", "the right hand"),
        ("The Left Hand, the RIGHT FOOT", "The Right Hand, the LEFT FOOT"),
        ("her left-hand side", "her right-hand side"),
        ("A left-handed person moves leftwards", "A right-handed person moves rightwards"),
        ("it goes rightward, then leftward", "it goes leftward, then rightward"),
        ("left_wrist", "right_wrist"),
        ("the right upper arm", "the left upper arm"),
        ("right calves and left feet", "left calves and right feet"),
        ("from left to right", "from right to left"),
        ("turns left and right", "turns right and left"),
        ("a man walks forward, turns right and sits", "a man walks forward, turns left and sits"),
        ("steps to the right in a circle", "steps to the left in a circle"),
        ("toward the left gently.", "toward the right gently."),
        ("the first person's left", "the first person's right"),
        ("turns right.\nLabel: swipe left", "turns left.\nLabel: swipe right"),
        ("moves clockwise", "moves counterclockwise"),
        ("Counterclockwise, then ANTICLOCKWISE", "Clockwise, then CLOCKWISE"),
        ("turn counter-clockwise", "turn clockwise"),
    ],
)
def test_sides_are_exchanged(text: str, mirrored: str) -> None:
    assert exchange_sides(text) == mirrored


@pytest.mark.parametrize(
    "text",
    [
        *("a bright light", "the leftovers", "standing upright", "a fright", "a cleft", "outright"),
        *("That's right.", "It must be right.", "She is all right.", "right away", "right now"),
        *("turns right away", "at a right angle", "a right-angled bend", "rightly", "copyright"),
        *("clap", "the second person", ""),
    ],
)
def test_what_is_no_side_is_kept(text: str) -> None:
    assert exchange_sides(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("The man left the room.", "Nothing is left.", "She left, and came back.", "He has left"),
        *("the right way", "turns right at the wall", "comes right back", "right side up", "right"),
        *("left", "lefts and rights", "raises the L hand", "draws a letter", "a southpaw"),
        *("at 3 o'clock", "to right themselves", "walks right up to him", "it swings right into"),
    ],
)
def test_in_doubt_nothing_is_exchanged(text: str) -> None:
    assert exchange_sides(text) is None


WORDS = (
    "left right the to turns hand and or , . away now level her all be steps upper slowly then is "
    "in leftwards bright clockwise counterclockwise Left RIGHT person's that's foot walks into"
).split()


@FEW_EXAMPLES
@given(st.lists(st.sampled_from(WORDS), max_size=9))
def test_exchanged_twice_it_is_the_same_text(words: list[str]) -> None:
    text = " ".join(words)
    once = exchange_sides(text)
    assert once is None or exchange_sides(once) == text


def test_no_word_both_follows_a_side_and_denies_one() -> None:
    # Else "turns right X" would be kept and "turns left X" exchanged: twice is not the same.
    assert not any(may_follow(word, AFTER | AFTER_OWNED) for word in NO_SIDE)


def mirror_claim(claim: ParsedClaim) -> ParsedClaim:
    side = OTHER.get(claim.side, claim.side)
    if claim.motion == "oscillate":  # from side to side is the same in a mirror
        return replace(claim, side=side)
    return replace(claim, side=side, direction=OTHER.get(claim.direction, claim.direction))


def test_each_sentence_that_is_composed_says_the_mirrored_claim() -> None:
    refused = 0
    claims = random.Random(0).sample(list(list_claims()), 120)
    for variant, claim in enumerate(claims):
        text = compose_sentence(claim, None, Phrasing(1 + variant % 2, variant, "clip"))
        mirrored = exchange_sides(text)
        if mirrored is None:
            refused += 1
            continue
        said = [mirror_claim(found).facts for found in parse_claims(text)]
        assert [found.facts for found in parse_claims(mirrored)] == said
    assert refused <= 2


def test_the_name_of_a_class_takes_the_spelling_of_its_corpus() -> None:
    assert mirror_name(CIRCLES[0], CIRCLES) == CIRCLES[1]
    assert mirror_name(CIRCLES[1], CIRCLES) == CIRCLES[0]
    assert exchange_sides(f"It goes clockwise.\nLabel: {CIRCLES[0]}", CIRCLES) == (
        f"It goes counterclockwise.\nLabel: {CIRCLES[1]}"
    )


def test_a_class_without_a_side_is_its_own_mirror_image() -> None:
    assert mirror_name("clap", CIRCLES) == "clap"
    assert mirror_name("", ()) == ""


def test_a_class_that_no_mirror_shows_has_none() -> None:
    assert mirror_name("push right", ("push right", "clap")) is None
    assert exchange_sides("push right", ("push right", "clap")) is None


@pytest.mark.parametrize(
    ("corpus", "namespace", "alone"),
    [("utd_mhad", "utd_mhad", set()), ("msrc12", "msrc12", {"push right"})],
)
def test_sided_classes_of_corpora_find_each_other(
    corpus: str, namespace: str, alone: set[str]
) -> None:
    names = readers()[corpus].label_names[namespace]
    mirrored = {name: mirror_name(name, names) for name in names}
    assert {name for name, other in mirrored.items() if other is None} == alone
    assert {mirrored[other] for other in mirrored.values() if other} == set(names) - alone
    assert all(mirrored[other] == name for name, other in mirrored.items() if other)


def test_shapes_that_a_mirror_makes_others_are_known() -> None:
    assert is_chiral("draw tick")
    assert not is_chiral("draw circle (clockwise)")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The arm swipes to the right.", True),
        ("The arm swipes to the left.", False),
        ("The right arm rises.", False),
        ("swiping_right", True),
    ],
)
def test_the_name_of_a_hidden_class_is_found_in_other_forms(text: str, told: bool) -> None:
    assert names_hidden(text, ("swipe right", "clap")) is told
