from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from skeletonllm.views.stems import (
    join_parts,
    load_vocabulary,
    split_sentences,
    split_words,
    stem_word,
    stems_in,
    take_apart,
)

FORMS = """\
wave waves waved waving
wear wears wore worn wearing
throw throws threw thrown throwing
sit sits sat sitting
stand stands stood standing
fall falls fell fallen falling
put puts putting
take takes took taken taking
doff doffs doffed doffing
don dons donned donning
lie lies lay lying
drink drinks drank drunk drinking
write writes wrote written writing
tie ties tied tying
clap claps clapped clapping
hug hugs hugged hugging
carry carries carried carrying
push pushes pushed pushing
tooth teeth
foot feet
knife knives
cross crosses crossed crossing
tear tears tore torn tearing
swing swings swung swinging
jump jumps jumped jumping
shake shook
toss tosses tossed tossing
wipe wipes wiped wiping
catch catches caught catching
hit hits hitting
eat eats ate eaten eating
give gives gave given giving
blow blows blew blown blowing
shoot shoots shot shooting
kneel kneels knelt kneeling
run runs ran running
spin spins spun"""


@pytest.mark.parametrize("forms", [f.split() for f in FORMS.splitlines()])
def test_all_forms_of_a_word_share_a_stem_that_no_other_word_has(forms: list[str]) -> None:
    assert len({stem_word(form) for form in forms}) == 1
    others = [f.split() for f in FORMS.splitlines() if f.split() != forms]
    assert stem_word(forms[0]) not in {stem_word(form) for other in others for form in other}


def test_a_full_stop_within_a_number_ends_no_sentence() -> None:
    assert split_sentences("It rises by 1.5 m, to 2.1 m! Then?  Down") == [
        "It rises by 1.5 m, to 2.1 m!",
        "Then?",
        "Down",
    ]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("she takes\nher hat", 1),  # wrapped
        ("she takes\n\nher hat", 2),
        ("1. She sits\n2. She stands", 4),  # numbers of steps stand alone
        ("She sits\nLabel: sit down", 2),
        ("\n \n", 0),
    ],
)
def test_a_line_ends_a_sentence_unless_it_was_only_wrapped(text: str, sentences: int) -> None:
    assert len(split_sentences(text)) == sentences


def test_words_are_without_case_possessive_and_joined_numbers() -> None:
    assert split_words("Someone\u2019s RUBIK'S, persons' cube_2 sit_down walk1 don't") == (
        "someone rubik persons cube 2 sit down walk 1 don't".split()
    )
    assert split_words("???") == []


@pytest.mark.parametrize(
    ("word", "inside"),
    [
        ("pickup", ("pick", "up")),
        ("pickups", ("pick", "up")),
        ("handshake", ("shake",)),
        ("headache", ("head", "ache")),
        ("backhanded", ("handed",)),
        ("handed", ("handed",)),  # an ending is no word
        ("legend", ("legend",)),
        ("backward", ("backward",)),
        ("forehead", ("forehead",)),
        ("jump", ("jump",)),
    ],
)
def test_a_compound_says_what_it_is_made_of(word: str, inside: tuple[str, ...]) -> None:
    assert take_apart(word) == inside
    assert stem_word(word) in stems_in(word)


def test_a_part_and_its_next_word_are_also_read_as_one() -> None:
    assert join_parts(["his", "head", "phones"]) == ["headphones"]
    assert join_parts(["his", "phones", "head"]) == []
    assert join_parts([]) == []


def test_stems_are_the_same_in_many_threads() -> None:
    words = [
        f"{root}{ending}" for root in ("wav", "claps", "tos") for ending in ("ing", "ed", "es")
    ]
    many = words * 200
    stem_word.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(stem_word.__wrapped__, many))
    assert found == [stem_word(word) for word in many]


def test_no_word_is_of_two_kinds_that_contradict() -> None:
    lists = load_vocabulary()
    content = lists["light_verbs"] | lists["empty_verbs"] | lists["modifiers"]
    assert not content & (lists["function"] | lists["parts"] | lists["directions"])
    assert not lists["light_verbs"] & lists["empty_verbs"]
    assert not {form for forms in lists["irregular"].values() for form in forms.split()} & set(
        lists["irregular"]
    )
