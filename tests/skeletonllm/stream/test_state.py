from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from skeletonllm.errors import StateError
from skeletonllm.stream.state import StreamState, ViewId, check_state
from tests.skeletonllm.stream.releases import ReleaseId

OLD = ReleaseId("lab", "1.0.0", "a" * 64)
NEW = ReleaseId("lab", "1.1.0", "b" * 64)
VIEW = ViewId("cross-subject", "c" * 64)
HERE = StreamState(OLD, VIEW, seed=3)
SIZE = 1000


def saved(**changes: Any) -> dict[str, Any]:
    state = {**StreamState(OLD, VIEW, 3, epoch=2, position=48).to_json(), **changes}
    return {name: value for name, value in state.items() if value is not ...}


def test_a_state_survives_json_and_a_check() -> None:
    back = check_state(json.loads(json.dumps(saved())), HERE, SIZE)
    assert back == StreamState(OLD, VIEW, 3, epoch=2, position=48)
    assert back.to_json() == saved()


def test_a_state_holds_release_view_seed_epoch_and_position_and_no_more() -> None:
    assert saved() == {
        "version": 2,
        "release": {"name": "lab", "version": "1.0.0", "sha256": "a" * 64},
        "view": {"name": "cross-subject", "sha256": "c" * 64},
        "seed": 3,
        "epoch": 2,
        "position": 48,
    }


@pytest.mark.parametrize("position", [0, 1, 999])
def test_any_position_of_the_epoch_is_taken(position: int) -> None:
    assert check_state(saved(position=position), HERE, SIZE).position == position


@pytest.mark.parametrize("field", ["position", "epoch", "seed"])
@pytest.mark.parametrize(
    "value", [12.9, 12.0, float("nan"), True, "5", None, ..., [5], {}, b"5", np.float64(3)]
)
def test_a_number_that_is_none_is_refused(field: str, value: object) -> None:
    with pytest.raises(StateError, match=f"{field} of the state is .*; expected a whole number"):
        check_state(saved(**{field: value}), HERE, SIZE)


@pytest.mark.parametrize("field", ["position", "epoch"])
def test_a_number_below_zero_is_refused(field: str) -> None:
    with pytest.raises(StateError, match=f"{field} of the state is -7; expected a whole number fr"):
        check_state(saved(**{field: -7}), HERE, SIZE)


@pytest.mark.parametrize("position", [1000, 10**9, 10**400])
def test_a_position_beyond_the_epoch_is_refused(position: int) -> None:
    with pytest.raises(StateError, match=f"at position {position}; expected 0 to 999. The check"):
        check_state(saved(position=position), HERE, SIZE)


@pytest.mark.parametrize("version", [1, 3, "2", 2.0, True, None, ...])
def test_another_version_is_refused(version: object) -> None:
    with pytest.raises(StateError, match="the state is of version .*; expected 2. Resume with the"):
        check_state(saved(version=version), HERE, SIZE)


@pytest.mark.parametrize("nothing", [None, 5, "x", [], [("version", 2)], b""])
def test_what_is_no_state_is_refused(nothing: object) -> None:
    with pytest.raises(StateError, match="is no state of a stream|missing is no state"):
        check_state(nothing, HERE, SIZE)


@pytest.mark.parametrize("field", ["release", "view"])
@pytest.mark.parametrize("value", [None, ..., "a" * 64, {}, {"name": "lab", "sha256": 5}])
def test_a_release_or_view_that_is_none_is_refused(field: str, value: object) -> None:
    with pytest.raises(StateError, match=f"{field} of the state is .*; expected texts"):
        check_state(saved(**{field: value}), HERE, SIZE)


def test_another_release_is_refused_with_both_names() -> None:
    with pytest.raises(StateError) as raised:
        check_state(saved(), StreamState(NEW, VIEW, 3), SIZE)
    assert str(raised.value) == (
        "the state belongs to release lab 1.0.0 (aaaaaaaaaaaa); expected lab 1.1.0 (bbbbbbbbbbbb). "
        "Resume with what it was saved from, or start anew."
    )


def test_another_view_is_refused_with_both_names() -> None:
    here = StreamState(OLD, ViewId("", "d" * 64), 3)
    with pytest.raises(StateError) as raised:
        check_state(saved(), here, SIZE)
    assert str(raised.value).startswith(
        "the state belongs to view cross-subject (cccccccccccc); "
        "expected without a name (dddddddddddd)."
    )


def test_another_seed_is_refused_with_both() -> None:
    with pytest.raises(StateError, match="belongs to seed 4; expected 3"):
        check_state(saved(seed=4), HERE, SIZE)


def test_names_and_keys_that_change_nothing_are_no_reason_to_refuse() -> None:
    """A view that was renamed is the same view; a later version may write down more."""
    view = {"name": "renamed", "sha256": VIEW.sha256}
    back = check_state(saved(view=view, written_by="2.7.0"), HERE, SIZE)
    assert back == StreamState(OLD, VIEW, 3, epoch=2, position=48)


def test_a_successor_is_taken_when_asked_and_begins_the_next_epoch() -> None:
    here = StreamState(NEW, VIEW, 3)
    back = check_state(saved(position=SIZE + 5), here, SIZE, successor_of=OLD.sha256)
    assert back == StreamState(NEW, VIEW, 3, epoch=3, position=0)


def test_a_successor_that_goes_on_with_its_own_state_stays_where_it_is() -> None:
    own = StreamState(NEW, VIEW, 3, epoch=5, position=7)
    assert check_state(own.to_json(), StreamState(NEW, VIEW, 3), SIZE, OLD.sha256) == own


def test_the_successor_of_another_release_is_refused_and_says_of_which() -> None:
    here = StreamState(NEW, VIEW, 3)
    with pytest.raises(StateError, match="lab 1.1.0 .* is the successor of eeeeeeeeeeee"):
        check_state(saved(), here, SIZE, successor_of="e" * 64)


def test_a_successor_with_another_view_seed_or_a_broken_number_is_refused() -> None:
    here = StreamState(NEW, VIEW, 3)
    for change in ({"seed": 4}, {"view": {"name": "", "sha256": "0"}}, {"epoch": -1}):
        with pytest.raises(StateError):
            check_state(saved(**change), here, SIZE, successor_of=OLD.sha256)
