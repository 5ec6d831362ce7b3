"""The catalogue of actions by name.

Names are exactly those of NTU RGB+D 120 where it has the action, else those of NW-UCLA.
"""

from __future__ import annotations

from skeletonllm.errors import UsageError
from skeletonllm.synthesis.gestures import GESTURES
from skeletonllm.synthesis.pairs import PAIRS
from skeletonllm.synthesis.spec import ActionSpec
from skeletonllm.synthesis.whole_body import WHOLE_BODY

ACTIONS: dict[str, ActionSpec] = {spec.name: spec for spec in (*GESTURES, *WHOLE_BODY, *PAIRS)}
"""Every action that can be synthesized."""


def get_action(name: str) -> ActionSpec:
    """An action by name.

    Raises:
        UsageError: There is no such action; the message lists those there are.
    """
    try:
        return ACTIONS[name]
    except KeyError:
        known = "; ".join(ACTIONS)
        raise UsageError(f"unknown action {name!r}", expected=f"one of: {known}") from None


def ntu_actions() -> dict[int, ActionSpec]:
    """The actions NTU RGB+D 120 has, by its 1-based numbers, ascending."""
    return dict(sorted((s.ntu_id, s) for s in ACTIONS.values() if s.ntu_id is not None))


def nw_ucla_actions() -> dict[int, ActionSpec]:
    """The actions NW-UCLA has, by the a-numbers of its file names, ascending."""
    return dict(sorted((s.nw_ucla_id, s) for s in ACTIONS.values() if s.nw_ucla_id is not None))
