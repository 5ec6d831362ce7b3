"""What of the order, and of saved states, goes on in the later release.

Asked of the functions that decide it: :func:`skeletonllm.stream.order.order_key` and
:func:`skeletonllm.stream.state.check_state`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from skeletonllm.errors import StateError
from skeletonllm.release.diff.side import Side
from skeletonllm.stream.order import order_key
from skeletonllm.stream.state import StreamState, ViewId, check_state

RESUMES, NEXT_EPOCH, REFUSED = "resumes", "next epoch", "refused"
_ANY_VIEW = ViewId("any", "0" * 64)
"""A view is hashed by its own rules alone, so every one of them stands for all."""
_EPOCH, _POSITION, _SIZE = 3, 0, 1
_NOT_YET = "not known before the release is cut"


@dataclass(frozen=True)
class Survival:
    """What goes on of runs that were begun on the earlier release.

    Args:
        release_sha256: Hash of both manifests: part of every order and of every state.
        same_order: Whether each (view, seed, epoch) has the same order in both.
        state: What becomes of a saved state of the earlier release: ``resumes``; ``next epoch``,
            with ``successor=True``; or ``refused``.
        why: A sentence about that state.
        kept_place: Share of the later release's samples whose bytes lie where they lay before:
            what a cache of blocks still has.
        candidates: Whether all namespaces have the classes they had, in the same order, so that
            questions show the same choices and a classifier the same outputs.
    """

    release_sha256: tuple[str, str]
    same_order: bool
    state: str
    why: str
    kept_place: float
    candidates: bool

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def judge_survival(old: Side, new: Side, *, kept_place: float, candidates: bool) -> Survival:
    """What of the order and of saved states goes on.

    Args:
        old: The earlier release.
        new: The later one, finished or being built.
        kept_place: Share of its samples whose bytes lie where they lay.
        candidates: Whether its classes are those of the earlier one.
    """
    hashes = (old.identity.sha256, new.identity.sha256)
    keys = [order_key(sha, _ANY_VIEW.sha256, 0, 0) for sha in hashes]
    state, why = _resume(old, new)
    shown = (hashes[0], hashes[1] or _NOT_YET)
    return Survival(shown, keys[0] == keys[1], state, why, round(kept_place, 4), candidates)


def _resume(old: Side, new: Side) -> tuple[str, str]:
    """What a stream over the later release does with a state of the earlier one."""
    saved = StreamState(old.identity, _ANY_VIEW, 0, _EPOCH, _POSITION).to_json()
    here = StreamState(new.identity, _ANY_VIEW, 0)
    parent = new.manifest.parent
    try:
        found = check_state(saved, here, _SIZE, None if parent is None else parent.sha256)
    except StateError:
        named = "no release" if parent is None else f"{parent.name} {parent.version}"
        return REFUSED, f"the later release names {named} as the one it replaces"
    if found.epoch == _EPOCH:
        return RESUMES, "both are the same release"
    return NEXT_EPOCH, "`successor=True` begins the epoch behind that of the state"
