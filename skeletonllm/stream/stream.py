"""A release as batches of samples, shared among ranks and resumable on any number of ranks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from torch.utils.data import IterableDataset, get_worker_info

from skeletonllm.errors import StateError, UsageError
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage.block_cache import BlockCache, default_cache
from skeletonllm.storage.files import filesystem, is_local
from skeletonllm.storage.ranges import RangeReader
from skeletonllm.stream.batch import Batch
from skeletonllm.stream.batches import BatchReader, Step
from skeletonllm.stream.damage import DamageLimit, find_damage
from skeletonllm.stream.mixture import Mixture
from skeletonllm.stream.part import Part, hash_parts
from skeletonllm.stream.reader import SampleReader
from skeletonllm.stream.schedule import Schedule
from skeletonllm.stream.state import StreamState, ViewId, check_state
from skeletonllm.views.asked_views import Kind
from skeletonllm.views.left_out import NOTHING
from skeletonllm.views.view import View

log = logging.getLogger(__name__)

AHEAD = 2
"""Batches read ahead of the one in use; they never count as given out. With one, a slow read stalls
the step; more only hold memory."""
THREADS_REMOTE = 16
"""Requests at once to a store over a network, where each waits some 10 to 100 ms."""


class Stream(IterableDataset[Batch]):
    """The batches of one rank, an epoch at a time, from the current state on.

    Position p of an epoch is the same sample whatever the ranks; a global step takes the next
    ``batch_size * world_size`` positions. The slots after the last sample of an epoch, and samples
    that are damaged, are given out with weight 0, so that all ranks make the same steps.

    In a ``torch.utils.data.DataLoader(stream, batch_size=None, num_workers=k)`` each batch comes
    once and in order. There the workers hold copies: wrap the loader in :meth:`counted`, or give
    :meth:`load_state_dict` the ``state`` of the last batch, so that this stream knows where it is.

    Args:
        release: Folder or URL of a release, or of a shards stage.
        view: Which samples, and which negatives, rationales and questions with them; or the parts
            of a mixture, each a view with a weight.
        seed: Seed of the order.
        batch_size: Samples of one rank in one step.
        rank: Number of this process, 0 to ``world_size - 1``.
        world_size: Number of ranks; may differ from the run that saved the state.
        state: What :meth:`state` gave earlier, to go on behind it.
        name: Of the view, such as that of its protocol, for messages.
        needs: What will be looked at, to be refused now and not at the first sample.
        allow_all: Take the ranking of all labelled clips where the view has none of its own,
            although it has looked at clips that the view leaves out; this is said in the log.
        successor: Take a state of the release that this one replaces, as the end of its epoch.
        ahead: Batches read by threads while one is in use, so that nobody waits; 0 reads a batch
            when it is asked for, as a loader's workers do with local files.
        limit: How many damaged samples are borne.
        cache: Where blocks of a release over a network are kept on this machine; by default a
            folder that all its processes share.

    Negatives and rationales are those of the view (:mod:`skeletonllm.views.asked_views`). Where a
    release has them of other views only, they raise once they are looked into.

    Raises:
        StateError: The state is none, or belongs to another release, view or seed.
        ReleaseError: A file is not the one that the manifest names, or a whole tar is damaged.
        SchemaError: The samples were written in another major version.
        UsageError: The view selects nothing, has none of what is needed, or a number is impossible.

    Example:
        >>> stream = Stream("releases/lab/1.0.0", View(), seed=0, batch_size=24)  # doctest: +SKIP
        >>> for batch in stream:  # doctest: +SKIP
        ...     learn(batch)
    """

    def __init__(
        self,
        release: str,
        view: View | Sequence[Part],
        *,
        seed: int = 0,
        batch_size: int,
        rank: int = 0,
        world_size: int = 1,
        state: Mapping[str, Any] | None = None,
        name: str = "",
        needs: tuple[Kind, ...] = (),
        allow_all: bool = False,
        successor: bool = False,
        ahead: int = AHEAD,
        limit: DamageLimit | None = None,
        cache: BlockCache | None = None,
    ) -> None:
        if batch_size < 1 or not 0 <= rank < world_size:
            raise UsageError(f"batch_size {batch_size}, rank {rank} of {world_size}")
        parts = (Part(view=view, name=name, needs=needs),) if isinstance(view, View) else view
        manifest = read_manifest(release)
        ranges = RangeReader(
            release, identity=manifest.identity.sha256, cache=cache or default_cache(release)
        )
        self.parts = tuple(parts)
        self.readers = [SampleReader(manifest, p, ranges, allow_all=allow_all) for p in self.parts]
        mixture = Mixture([len(r) for r in self.readers], [p.weight for p in self.parts])
        view_id = ViewId(" + ".join(p.name for p in self.parts), hash_parts(self.parts))
        self._schedule = Schedule(
            mixture,
            manifest.identity.sha256,
            view_id.sha256,
            seed=seed,
            batch_size=batch_size,
            rank=rank,
            world_size=world_size,
        )
        self._state = StreamState(manifest.identity, view_id, seed)
        self._parent = manifest.parent.sha256 if successor and manifest.parent else None
        self._given = 0
        self._is_local = is_local(filesystem(release)[0])
        self._ahead = ahead
        self._batches = BatchReader(self.readers, 1 if self._is_local else THREADS_REMOTE)
        self.damage = find_damage(self.readers, limit or DamageLimit(), release)
        self.left_out = NOTHING
        if state is not None:
            self.load_state_dict(state)

    @property
    def num_samples(self) -> int:
        """Samples of an epoch, repeats counted."""
        return len(self._schedule.mixture)

    @property
    def steps_per_epoch(self) -> int:
        """Global steps of a whole epoch."""
        return self._schedule.steps_per_epoch

    @property
    def candidates(self) -> dict[str, tuple[str, ...]]:
        """Namespace -> the classes to choose from, in order of their ids: those of all parts."""
        found: dict[str, set[str]] = {}
        for of_part in self.candidates_by_part:
            for namespace, classes in of_part.items():
                found.setdefault(namespace, set()).update(classes)
        return {namespace: tuple(sorted(found[namespace])) for namespace in sorted(found)}

    @property
    def candidates_by_part(self) -> list[dict[str, tuple[str, ...]]]:
        """The classes to choose from of each part by itself, as its samples may be asked about."""
        return [reader.catalogue.classes() for reader in self.readers]

    def __len__(self) -> int:
        """Batches that an iteration from the current state yields: the rest of the epoch."""
        return self._schedule.steps_left(self._state)

    def state(self) -> dict[str, Any]:
        """Where the next batch comes from, as plain data; equal on all ranks after equal steps."""
        return self._state.to_json()

    def state_dict(self) -> dict[str, Any]:
        """The state as torchdata's ``StatefulDataLoader`` keeps it, of each of its workers."""
        return {**self.state(), "given": self._given}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on behind a saved state.

        Args:
            state: What :meth:`state` or :meth:`state_dict` gave, or the ``state`` of a batch.

        Raises:
            StateError: It is none, or belongs to another release, view or seed.
        """
        self._state = check_state(state, self._state, self.num_samples, self._parent)
        given = state.get("given", 0)
        if not isinstance(given, int) or given < 0:
            raise StateError(f"given {given!r}", expected="batches of a loader's worker, from 0 on")
        self._given = given

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the rest of the epoch; in a loader's worker, its share of them.

        Raises:
            ReleaseError: Too many samples are damaged.
            StateError: The state is that of one worker of several.
        """
        worker = get_worker_info()
        if worker is not None:
            yield from self._iterate_share(worker.id, worker.num_workers)
            return
        if self._given:
            hint = "Load it into the loader that saved it, or take the state of a batch."
            raise StateError("the state is that of one worker of a loader", hint=hint)
        for batch in self._batches.read(self._list_steps(0, 1), self._ahead):
            self.count(batch)
            yield batch

    def counted(self, loader: Iterable[Batch]) -> Iterator[Batch]:
        """The batches of a loader over this stream, each counted here as it is given out.

        Args:
            loader: A ``DataLoader(stream, batch_size=None, num_workers=...)``.

        Raises:
            ReleaseError: Too many samples are damaged.

        Example:
            >>> loader = DataLoader(stream, batch_size=None, num_workers=4)  # doctest: +SKIP
            >>> for batch in stream.counted(loader):  # doctest: +SKIP
            ...     learn(batch)
        """
        for batch in loader:
            self.count(batch)
            yield batch

    def count(self, batch: Batch) -> None:
        """Take a batch for given out: the state is then behind it, and its damage is counted.

        Args:
            batch: Of this stream, or of a copy of it in a loader's worker.

        Raises:
            ReleaseError: Too many samples are damaged.
        """
        state = check_state(batch.state, self._state, self.num_samples)
        if state == self._state:  # a loader without workers takes what was counted already
            return
        self._state = state
        self._account(batch)

    def _account(self, batch: Batch) -> None:
        self.left_out += batch.left_out
        self.damage.add(batch.damaged)
        self.damage.check()

    def _iterate_share(self, number: int, of: int) -> Iterator[Batch]:
        """Every ``of``-th batch: a loader takes them from its workers in turn, hence in order."""
        ahead = 0 if self._is_local else self._ahead  # the loader itself reads ahead
        steps = self._list_steps(number + self._given * of, of)
        for batch in self._batches.read(steps, ahead):
            self._account(batch)
            self._given += 1
            yield batch
        # A worker that lives on goes on with the next epoch.
        self._state, self._given = self._schedule.skip(self._state, len(self)), 0

    def _list_steps(self, first: int, stride: int) -> Iterator[Step]:
        """Every ``stride``-th step of the rest of the epoch."""
        start = self._state
        for step in range(first, self._schedule.steps_left(start), stride):
            yield self._schedule.step(self._schedule.skip(start, step))
