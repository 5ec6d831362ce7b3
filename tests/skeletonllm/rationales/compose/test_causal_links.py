from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.kinematics import Event, find_events
from skeletonllm.rationales.compose.causal_links import CausalLink, find_causal_links
from skeletonllm.rationales.compose.salient_events import SalientEvent, select_salient_events
from skeletonllm.synthesis import ACTIONS, synthesize


def fact(motion: str, part: str, start_s: float, end_s: float, **more: object) -> SalientEvent:
    side = "centre" if part in ("torso", "body") else "right"
    base = Event(0, motion, side, part, start_s, end_s, 0.5, "metres", 0.0, 0.5, 3.0)
    return SalientEvent(replace(base, **more))  # type: ignore[arg-type]


OTHER = {"target": "other person's torso"}


@pytest.mark.parametrize(
    ("cause", "effect", "kind"),
    [
        (fact("bend", "knee", 0, 1), fact("lower", "body", 0.1, 1), "drives"),
        (fact("extend", "knee", 0, 1), fact("raise", "body", 0.1, 1), "drives"),
        (fact("bend", "elbow", 0, 1), fact("approach", "hand", 0.1, 1, target="head"), "drives"),
        (fact("raise", "hand", 0, 1), fact("approach", "hand", 0.1, 1, target="head"), "drives"),
        (fact("extend", "elbow", 0, 1), fact("approach", "hand", 0.1, 1, **OTHER), "drives"),
        (fact("bend", "torso", 0, 1), fact("lower", "hand", 0.1, 1), "drives"),
        (fact("raise", "hand", 0, 1), fact("lower", "hand", 2, 3), "undoes"),
        (fact("raise", "foot", 0, 1), fact("extend", "knee", 1, 1.4), "leads"),
        (
            fact("approach", "hand", 0, 1, **OTHER),
            fact("step", "foot", 0.9, 2, person=1),
            "answers",
        ),
    ],
)
def test_reasons(cause: SalientEvent, effect: SalientEvent, kind: str) -> None:
    assert find_causal_links([cause, effect]) == ((), (CausalLink(0, kind),))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (fact("raise", "hand", 0, 1), fact("raise", "hand", 0, 1, side="left")),
        (fact("bend", "knee", 0, 1), fact("raise", "body", 0.1, 1)),
        (fact("extend", "elbow", 0, 1), fact("approach", "hand", 0, 1, target="head")),
        (fact("raise", "hand", 0, 1), fact("raise", "hand", 0.5, 1, person=1)),
        (fact("approach", "hand", 0, 1, **OTHER), fact("step", "foot", 9, 10, person=1)),
    ],
)
def test_what_has_no_reason_is_not_linked(first: SalientEvent, second: SalientEvent) -> None:
    assert find_causal_links([first, second]) == ((), ())


@pytest.mark.parametrize("action", list(ACTIONS))
def test_no_cause_begins_after_its_effect(action: str) -> None:
    told = select_salient_events(find_events(synthesize(action, subject=5)))
    for effect, found in zip(told, find_causal_links(told), strict=True):
        for link in found:
            assert told[link.cause].event.start_s <= effect.event.start_s + 0.1
