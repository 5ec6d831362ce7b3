"""A release as batches of samples, shared among ranks and resumable on any number of ranks."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.errors import ReleaseError, StateError, UsageError
from skeletonllm.motion import Motion
from skeletonllm.shards.codec import Sample, decode
from skeletonllm.shards.index import read_index, read_range
from skeletonllm.shards.members import read_members
from skeletonllm.storage import exists, join, sha256_of
from skeletonllm.stream.order import IntArray, order_samples
from skeletonllm.topology import get_topology
from skeletonllm.views.asked_views import Kind, OwnShare, count_hidden
from skeletonllm.views.view import View

log = logging.getLogger(__name__)

STATE_VERSION = 1
_AHEAD = 2
"""Batches read ahead of the one in use; they never count as given out. With one, a slow read stalls
the step; more only hold memory."""


@dataclass(frozen=True)
class State:
    """The state of a stream at a global step, the same on every rank.

    Args:
        release: Identity of the release.
        view: Hash of the view.
        seed: Seed of the order.
        epoch: 0, 1, ...
        position: Samples of this epoch that all ranks together have given out.
    """

    release: str
    view: str
    seed: int
    epoch: int = 0
    position: int = 0
    version: int = STATE_VERSION


class Stream:
    """Endless batches of one rank, each a list of ``batch_size`` samples.

    Position p of an epoch goes to rank ``(p - start) mod world_size``, where ``start`` is the
    position the run was (re)started at. The slots after the last sample of an epoch, and samples
    that are damaged, are given out with weight 0, so that all ranks make the same steps; a tar that
    is not there ends the run.

    Args:
        release: Folder of a release, or of a shards stage.
        view: Which samples, and which negatives and rationales with them.
        seed: Seed of the order.
        batch_size: Samples of one rank in one step.
        rank: Number of this process, 0 to ``world_size - 1``.
        world_size: Number of ranks; may differ from the run that saved the state.
        state: What :meth:`state` gave earlier, to go on behind it.
        name: Of the view, such as that of its protocol, for messages.
        needs: What will be looked at, to be refused now and not at the first sample.
        allow_all: Take the ranking of all labelled clips where the view has none of its own,
            although it has looked at clips that the view leaves out; this is said in the log.

    Negatives and rationales are those of the view (:mod:`skeletonllm.views.asked_views`). Where a
    release has them of other views only, they raise once they are looked into.

    Raises:
        StateError: The state belongs to another release, view or seed.
        SchemaError: The samples were written in another major version.
        UsageError: The view selects nothing, has none of what is needed, or a number is impossible.

    Example:
        >>> stream = Stream("releases/lab/1.0.0", View(), seed=0, batch_size=24)  # doctest: +SKIP
        >>> for batch in itertools.islice(stream, stream.steps_per_epoch):  # doctest: +SKIP
        ...     learn(batch)
    """

    def __init__(
        self,
        release: str,
        view: View,
        *,
        seed: int = 0,
        batch_size: int,
        rank: int = 0,
        world_size: int = 1,
        state: Mapping[str, Any] | None = None,
        name: str = "",
        needs: tuple[Kind, ...] = (),
        allow_all: bool = False,
    ) -> None:
        if batch_size < 1 or not 0 <= rank < world_size:
            raise UsageError(f"batch_size {batch_size}, rank {rank} of {world_size}")
        index = read_index(release)
        rows = view.select(index)
        self.folder, self.view, self.batch_size = release, view, batch_size
        self.rank, self.world_size = rank, world_size
        self.candidates = view.candidates(rows)
        self.rationales_left_out = 0
        self.unreadable = 0
        self._rows: list[dict[str, Any]] = rows.to_pylist()
        self._state = State(hash_release(release), view.sha256, seed)
        hidden = count_hidden(index, rows)
        self._share = OwnShare(release, view, name=name, hidden=hidden, allow_all=allow_all)
        for kind in needs:
            self._share.check(kind)
        if state is not None:
            self._state = _checked(state, self._state)

    def __len__(self) -> int:
        """Samples of the view."""
        return len(self._rows)

    @property
    def steps_per_epoch(self) -> int:
        """Global steps of a whole epoch."""
        return -(-len(self._rows) // (self.batch_size * self.world_size))

    def state(self) -> dict[str, Any]:
        """Where the next batch comes from, as plain data; equal on all ranks after equal steps."""
        return asdict(self._state)

    def __iter__(self) -> Iterator[list[Sample]]:
        """Batches from the current state on, without end."""
        steps = self._steps()
        with ThreadPoolExecutor(1, thread_name_prefix="skeletonllm-stream") as pool:
            ahead: deque[tuple[State, Future[list[_Read]]]] = deque()
            for after, slots in steps:
                ahead.append((after, pool.submit(self._read_batch, slots)))
                if len(ahead) > _AHEAD:
                    yield self._give_out(*ahead.popleft())

    def _steps(self) -> Iterator[tuple[State, list[_Slot]]]:
        """The slots of each step of this rank, and the state once it is done."""
        state = self._state
        while True:
            line = self._order(state)
            stride = self.batch_size * self.world_size
            for start in range(state.position, len(line), stride):
                mine = range(start + self.rank, start + stride, self.world_size)
                done = replace(state, position=start + stride)
                if done.position >= len(line):
                    done = replace(state, epoch=state.epoch + 1, position=0)
                yield done, [(p < len(line), int(line[p % len(line)])) for p in mine]
            state = replace(state, epoch=state.epoch + 1, position=0)

    def _order(self, state: State) -> IntArray:
        return order_samples(
            len(self._rows),
            release=state.release,
            view=state.view,
            seed=state.seed,
            epoch=state.epoch,
        )

    def _give_out(self, after: State, batch: Future[list[_Read]]) -> list[Sample]:
        read = batch.result()
        self._state = after
        for _, left_out, broken in read:
            self.rationales_left_out += left_out
            if broken:  # said here and not where it is read: what is read ahead may never be used
                self.unreadable += 1
                log.warning("a damaged sample is given out with weight 0: %s", broken)
        return [sample for sample, _, _ in read]

    def _read_batch(self, slots: list[_Slot]) -> list[_Read]:
        return [self._read(real, self._rows[at]) for real, at in slots]

    def _read(self, real: bool, row: dict[str, Any]) -> _Read:
        if not real:
            return _empty_slot(row), 0, None
        data = read_range(self.folder, row)  # outside: lost storage must end the run, not starve it
        try:
            sample, named = self.view.apply(decode(read_members(data, row["key"])))
            sample, of_others = self._share.take(sample)
            if not sample.motion.observed.any():
                raise ReleaseError("no joint is observed in any frame", where=row["key"])
        except ReleaseError as error:
            return _empty_slot(row), 0, str(error)
        return sample, named + of_others, None


_Slot = tuple[bool, int]
"""Whether the slot holds a sample (the tail of an epoch does not), and which row."""
_Read = tuple[Sample, int, str | None]
"""The sample, how many of its rationales the view left out, and why it is unreadable, if it is."""


def hash_release(release: str) -> str:
    """SHA-256 of the manifest of a release or of finished shards, in hex: the owner of an order.

    Raises:
        ReleaseError: The folder is unfinished.
    """
    manifest = join(release, "manifest.json")
    if not exists(manifest):
        hint = "Give the folder of a release, or finished output of build-shards."
        raise ReleaseError("no manifest.json", where=release, hint=hint)
    return sha256_of(manifest)[0]


def _checked(saved: Mapping[str, Any], here: State) -> State:
    """The saved state, if it belongs here."""
    for name in ("version", "release", "view", "seed"):
        if saved.get(name) != getattr(here, name):
            raise StateError(
                f"the state belongs to {name} {saved.get(name)!r}",
                expected=f"{getattr(here, name)!r}",
                hint="Resume with what it was saved from, or start anew.",
            )
    return replace(here, epoch=int(saved["epoch"]), position=int(saved["position"]))


def _empty_slot(row: Mapping[str, Any]) -> Sample:
    """A sample of weight 0 in the place of ``row``: its label, and one frame of nobody."""
    topology = get_topology(row["topology"])
    flat = topology.dims == 2
    motion = Motion(
        joints=np.zeros((1, 1, len(topology), 3), np.float32),
        present=np.zeros((1, 1), np.bool_),
        confidence=np.zeros((1, 1, len(topology)), np.float32),
        topology=topology,
        fps=1.0,
        space="image" if flat else "camera",
        metric=not flat,
        image_size=(1, 1) if flat else None,
    )
    named = {n: row[n] for n in ("clip_id", "corpus", "label", "label_id", "label_namespace")}
    clip = Clip(
        motion=motion,
        source_uri="",
        source_sha256="0" * 64,
        frame_index=(0,),
        person_ids=("",),
        flags=("empty slot",),
        **named,
    )
    return Sample(clip, weight=0.0)
