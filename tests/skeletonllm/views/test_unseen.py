from __future__ import annotations

import json
import pickle
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.evaluation import get_protocol
from skeletonllm.views.unseen import UnseenNames, derive_rules, hide_names

LABELS = json.loads(files("skeletonllm.corpora.toolkit").joinpath("labels.json").read_text())
NAMES = sorted({name for names in LABELS.values() for name in names.values()})
"""Every class name of every corpus we read."""


def told(name: str, text: str) -> bool:
    return UnseenNames((name,)).find_told(text) == name


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_told_by_itself(name: str) -> None:
    assert derive_rules(name).sets
    for text in (name, f"Label: {name}", f"It is ({name.upper()}).", f"as if to {name}, slowly"):
        assert told(name, text)


def inflect(word: str, ending: str) -> str:
    """A regular form of a word; what has an ending already stays. Irregular forms: below."""
    if word.endswith(("ing", "ed", "up", "s", "ie", "oe", "ye")) or len(word) < 3:
        return word
    if ending == "s":
        plural = re.sub(r"([^aeiou])y$", r"\1ie", word)
        return plural + ("es" if word.endswith(("sh", "ch", "x")) else "s")
    base = re.sub(r"^([^aeiou]*[aeiou]([^aeiouwxy]))$", r"\1\2", word)  # hop, hopped
    base = re.sub(r"([^aeiou])y$", r"\1i", base) if ending == "ed" else base
    return re.sub(r"e$", "", base) + ending


@given(st.sampled_from(NAMES), st.data())
def test_the_words_of_a_name_tell_it_in_every_form_and_order(
    name: str, data: st.DataObject
) -> None:
    tokens = re.sub(r"\(.*?\)", "", name).split()
    wording = " ".join(data.draw(st.sampled_from(token.split("/"))) for token in tokens)
    endings = st.sampled_from(["", "s", "ed", "ing"])
    forms = [
        inflect(word, ending) if (ending := data.draw(endings)) else word
        for word in re.findall(r"[a-z]+(?:'s)?", wording)
    ]
    mixed = data.draw(st.permutations(forms))
    between = data.draw(st.sampled_from([" ", " slowly ", ", and then "]))
    assert told(name, f"The person {between.join(mixed)} at last.")


ACTIONS = """\
drink water: She drinks from a cup.
hand waving: A man waved.
sit down: He sat.
phone call: He is calling his mother.
tennis serve: She served.
golf swing: A swing of the club.
headache: His head aches.
headache: a head-ache
chest pain: It pained him.
handshaking: They shake hands.
shaking hands: A handshake follows.
nausea/vomiting: He vomits.
nausea/vomiting: Nausea.
sneezing/cough: The man coughs.
take a selfie: A selfie is shot.
take a photo: Photos were made.
make victory sign: The sign of victory.
give thumbs up: Both thumbs point up.
hands up: Up go the hands.
pickup and throw: He picks it up.
pickup and throw: It was thrown.
sit to stand: She stood.
put on jacket: The jacket was put on.
take off hat/cap: Off he takes the cap.
high-five: a high five
bow (bend forward): He bends forward.
bow (bend forward): The bow was deep.
reading: She read a book.
cheer (raise arms): Both arms are raised.
give a hug: They hug.
sitDown: He sits.
DrinkWater: Drunk!
drink_water: Drinking.
walk1: She walks.
play guitar: The guitar was played.
doffing: She doffs it.
put on headphones: He puts his head phones on.
rock-paper-scissors: Paper, rock, scissors.
make a phone call/answer phone: She answered.
make a phone call/answer phone: He calls.
throw ball (shoot a basket): He shot at the basket.
jump up: They jumped.
knock: A knocking hand."""


@pytest.mark.parametrize("case", ACTIONS.splitlines())
def test_the_action_of_a_name_tells_it_alone(case: str) -> None:
    name, text = case.split(": ")
    assert told(name, text)


TRUTHS = """\
hand waving: The right hand rises to the head.
wave: The hand moves left and right.
drink water: He pours water.
brush teeth: She shows her teeth.
shake head: The head turns to the left.
put on jacket: She took off her jacket.
put on hat/cap: He puts it on his head.
put on glasses: She puts on her shoe.
take off hat/cap: The hat falls.
play with phone/tablet: She looks at her phone.
phone call: He holds the phone to his ear.
give thumbs up: The arm goes up.
give thumbs up: He gives it up.
make ok sign: He signs a paper.
cross hands in front: Both hands are in front of the chest.
back pain: He bends his back.
chest pain: The hand touches the chest.
neck pain: He holds his neck.
reading: He is ready.
arm curl: The arm is straight.
two hand wave: Two hands rise.
high throw: The hand is high.
forward punch: He leans forward.
side kick: A step to the side.
butt kicks: He sits on his butt.
sit to stand: It goes up and down.
kicking: A sidekick comes.
bow (bend forward): He bends the knee.
draw circle (clockwise): It turns clockwise.
check time (from watch): It takes time.
cheer (raise arms): Both hands are raised.
rub two hands: Two hands meet.
hugging: It is huge.
move heavy objects: The hand moves.
giving object: The object lies.
high-five: five steps
take object out of bag: She takes a step.
walking apart from each other: They are apart.
hands up: His hands rest.
nausea/vomiting: His condition is good.
stand to sit: To the left.
punch/slap someone: Someone comes.
rock-paper-scissors: Paper and scissors."""


@pytest.mark.parametrize("case", TRUTHS.splitlines())
def test_what_shares_only_parts_sides_and_directions_passes(case: str) -> None:
    name, text = case.split(": ")
    assert not told(name, text)


def test_stems_in_two_sentences_tell_no_name_but_an_action_does() -> None:
    assert not told("take off hat", "She takes a step. The hat falls.")
    assert not told("take off hat", "She takes a step\n2. The hat falls")
    assert told("take off hat", "She takes a step and the hat\nfalls.")  # wrapped
    assert told("drink water", "She drinks. Then the water is gone.")


def test_the_own_name_is_no_leak_as_a_phrase_but_its_sentence_may_be() -> None:
    hidden = UnseenNames(("drink", "put on jacket"))
    assert hidden.find_told("Label: drink water", own="drink water") is None
    assert hidden.find_told("drink water, DRINK WATER", own="drink water") is None
    assert hidden.find_told("She drinks water", own="drink water") == "drink"
    assert hidden.find_told("drink drink water", own="drink water") == "drink"
    assert hidden.find_told("take off jacket, put it", own="take off jacket") is None
    assert hidden.find_told("Label: drink water", own="???") == "drink"


@pytest.mark.parametrize("name", ["up", "two", "on", "left hand", "the", "object", "1", "???", ""])
def test_a_name_without_content_is_told_by_its_words(name: str) -> None:
    words = re.findall(r"\w+", name)
    assert bool(derive_rules(name).sets) == bool(words)  # without a word nothing can say it
    assert told(name, f"It says {name} here.") == bool(words)
    assert not told(name, "Elbows bend.")


def test_names_in_scripts_without_spaces_are_found_within_a_text() -> None:
    assert told("\u559d\u6c34", "\u4ed6\u5728\u559d\u6c34\u3002")
    assert not told("\u559d\u6c34", "\u4ed6\u5728\u5199\u5b57\u3002")
    assert told("Tee trinken", "Er will Tee trinken.")


@given(st.text(max_size=40), st.text(max_size=60))
def test_any_name_and_text_can_be_judged(name: str, text: str) -> None:
    UnseenNames((name,)).find_told(text, own=text)


@given(st.sampled_from(NAMES), st.sampled_from(["{}", "She: {}!", "a {}-like motion", "{}\n{}"]))
def test_whatever_the_rule_of_phrases_left_out_is_left_out(name: str, form: str) -> None:
    assert told(name, form.replace("{}", name))


def test_names_are_read_once_for_a_view() -> None:
    unseen = get_protocol("ntu60/55-5").train.unseen
    assert hide_names(unseen) is hide_names(tuple(unseen))


def test_a_bag_for_the_hand_is_found_in_one_word_and_in_two() -> None:
    for text in ("She opens a handbag", "a HAND-BAG", "her hand bag"):
        assert told("handbag", text)
    assert not told("handbag", "a bag in the hand")


def test_names_go_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(UnseenNames(("jump up",))))
    assert sent.find_told("He jumped.") == "jump up"
