"""Where a stream is: plain data of any checkpoint, believed only once it is checked.

A state is the same on every rank, and holds no path, no number of ranks and no batch size: it may
be gone on with on other machines and other numbers of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeGuard

from skeletonllm.errors import StateError

STATE_VERSION = 2
"""Raised whenever a state means something else than before. Keys that change nothing may be added
without: a reader leaves out the keys that it does not know."""
_SHOWN = 12
"""Digits of a hash in messages: enough to tell two apart, few enough to be read aloud."""


class Identity(Protocol):
    """What a release is known by; its path is no part of it."""

    @property
    def name(self) -> str:
        """Of the release."""

    @property
    def version(self) -> str:
        """Of the release, "" for finished shards."""

    @property
    def sha256(self) -> str:
        """Of its manifest, in hex."""


@dataclass(frozen=True)
class ViewId:
    """What a view is known by.

    Args:
        name: For messages; two views of one hash are one view, whatever their names.
        sha256: Hash of the view, in hex.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class StreamState:
    """The state of a stream between two global steps, the same on every rank.

    Args:
        release: What is streamed.
        view: What of it.
        seed: Seed of the order.
        epoch: 0, 1, ...
        position: Entries of this epoch that all ranks together have given out.
        version: Of this layout.
    """

    release: Identity
    view: ViewId
    seed: int
    epoch: int = 0
    position: int = 0
    version: int = STATE_VERSION

    def to_json(self) -> dict[str, Any]:
        """The state as plain data, for a checkpoint."""
        release, view = self.release, self.view
        return {
            "version": self.version,
            "release": {n: getattr(release, n) for n in ("name", "version", "sha256")},
            "view": {"name": view.name, "sha256": view.sha256},
            "seed": self.seed,
            "epoch": self.epoch,
            "position": self.position,
        }


def check_state(
    saved: object, here: StreamState, size: int, successor_of: str | None = None
) -> StreamState:
    """The saved state, if a stream that is at ``here`` may go on with it.

    Args:
        saved: What :meth:`StreamState.to_json` gave, perhaps of another run.
        here: The beginning of the stream that is to go on.
        size: Entries of an epoch.
        successor_of: SHA-256 of the manifest of the release that the one streamed here replaces. A
            state of that one is taken as the beginning of its next epoch. None refuses it.

    Raises:
        StateError: It belongs to something else, or is no state at all.
    """
    if not isinstance(saved, Mapping):
        raise _refuse(f"{_show(saved)} is no state of a stream", "what a stream saved")
    if not _is_whole(saved.get("version")) or saved["version"] != STATE_VERSION:
        raise _refuse(
            f"the state is of version {_show(saved.get('version'))}", str(STATE_VERSION), _OTHER
        )
    release = _read_names(saved, "release", ("name", "version", "sha256"))
    view = _read_names(saved, "view", ("name", "sha256"))
    seed, epoch, position = (_read_whole(saved, n) for n in ("seed", "epoch", "position"))
    _check_view(view, here)
    if seed != here.seed:
        raise _refuse(f"the state belongs to seed {seed}", str(here.seed), _RESUME)
    if release["sha256"] == here.release.sha256:
        if position >= size:
            raise _refuse(f"the state is at position {position}", f"0 to {size - 1}", _DAMAGED)
        return replace(here, epoch=epoch, position=position)
    if successor_of is None or release["sha256"] != successor_of:
        raise _refuse_release(release, here, successor_of)
    return replace(here, epoch=epoch + 1, position=0)


_RESUME = "Resume with what it was saved from, or start anew."
_OTHER = "Resume with the SkeletonLLM that saved it, or start anew."
_DAMAGED = "The checkpoint is damaged: take an earlier one, or start anew."


def _refuse(found: str, expected: str, hint: str = _DAMAGED) -> StateError:
    return StateError(found, expected=expected, hint=hint)


def _check_view(saved: Mapping[str, str], here: StreamState) -> None:
    if saved["sha256"] != here.view.sha256:
        ours = _name(here.view.name, here.view.sha256)
        theirs = _name(saved["name"], saved["sha256"])
        raise _refuse(f"the state belongs to view {theirs}", ours, _RESUME)


def _refuse_release(
    saved: Mapping[str, str], here: StreamState, successor_of: str | None
) -> StateError:
    release = here.release
    ours = _name(f"{release.name} {release.version}", release.sha256)
    theirs = _name(f"{saved['name']} {saved['version']}", saved["sha256"])
    hint = _RESUME
    if successor_of is not None:
        hint = f"{ours} is the successor of {successor_of[:_SHOWN]}. {_RESUME}"
    return _refuse(f"the state belongs to release {theirs}", ours, hint)


def _name(name: str, sha256: str) -> str:
    return f"{name.strip() or 'without a name'} ({sha256[:_SHOWN]})"


def _read_names(saved: Mapping[Any, Any], field: str, names: tuple[str, ...]) -> Mapping[str, str]:
    value = saved.get(field)
    if not isinstance(value, Mapping) or not all(isinstance(value.get(n), str) for n in names):
        raise _refuse(f"{field} of the state is {_show(value)}", f"texts {list(names)}")
    return {name: value[name] for name in names}


def _read_whole(saved: Mapping[Any, Any], field: str) -> int:
    value = saved.get(field)
    if not _is_whole(value):
        raise _refuse(f"{field} of the state is {_show(value)}", "a whole number")
    if value < 0 and field != "seed":
        raise _refuse(f"{field} of the state is {value}", "a whole number from 0 on")
    return value


def _is_whole(value: object) -> TypeGuard[int]:
    """True is a number to Python; in a state it is damage."""
    return isinstance(value, int) and not isinstance(value, bool)


def _show(value: object) -> str:
    return "missing" if value is None else repr(value)[:80]
