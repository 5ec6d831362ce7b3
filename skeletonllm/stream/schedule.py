"""Who reads what in which step: a pure function of a state and of the number of ranks.

A global step is the next ``world_size * batch_size`` positions of the order, whichever ranks there
are. They are sorted by lane and cut into equal runs, one a rank. So a rank takes whole lanes, the
ranks of a node, which are neighbours, read the same few blocks step after step, and a run may end
and go on with other ranks at any position.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import UsageError
from skeletonllm.stream.mixture import Mixture
from skeletonllm.stream.order import Order, order_key
from skeletonllm.stream.permutation import IntArray
from skeletonllm.stream.state import StreamState

_EPOCHS = 2
"""Orders kept: what is read ahead is in the next epoch already while the last one ends."""


@dataclass(frozen=True)
class Slots:
    """What one rank gives out in one step; all arrays are of ``batch_size``.

    Args:
        epoch: That all of them are of.
        real: Whether the slot holds a sample, bool. In the last step of an epoch some do not; they
            name a sample all the same, of which only the kind is of use.
        part: Part of the mixture, int64.
        row: Row of the part, int64.
        repeat: For the how manieth time in this epoch, int64: 0, 1, ...
        block: Block of the epoch that the entry is one of, int64.
    """

    epoch: int
    real: npt.NDArray[np.bool_]
    part: IntArray
    row: IntArray
    repeat: IntArray
    block: IntArray


class Schedule:
    """The steps of one rank.

    Args:
        mixture: What an epoch holds.
        release_sha: SHA-256 of the manifest of the release, in hex.
        view_sha: SHA-256 of the view, in hex; with several parts or weights, of all of them.
        seed: Seed of the order.
        batch_size: Samples of one rank in one step.
        rank: Number of this process, 0 to ``world_size - 1``.
        world_size: Number of ranks.

    Raises:
        UsageError: A number is impossible.
    """

    def __init__(
        self,
        mixture: Mixture,
        release_sha: str,
        view_sha: str,
        *,
        seed: int,
        batch_size: int,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        if batch_size < 1 or not 0 <= rank < world_size:
            raise UsageError(f"batch_size {batch_size}, rank {rank} of {world_size}")
        self.mixture, self.batch_size = mixture, batch_size
        self.rank, self.world_size = rank, world_size
        self._identity = release_sha, view_sha, seed
        self._stride = batch_size * world_size
        self._orders: OrderedDict[int, tuple[Order, bytes]] = OrderedDict()

    @property
    def steps_per_epoch(self) -> int:
        """Global steps of a whole epoch."""
        return -(-len(self.mixture) // self._stride)

    def steps_left(self, state: StreamState) -> int:
        """Global steps from here to the end of the epoch: at least 1."""
        return -(-(len(self.mixture) - state.position) // self._stride)

    def step(self, state: StreamState) -> tuple[Slots, StreamState]:
        """What this rank gives out next, and the state once all ranks have done so."""
        order, key = self._open_epoch(state.epoch)
        end = min(state.position + self._stride, len(self.mixture))
        positions = np.arange(state.position, end)
        positions = positions[np.argsort(order.lanes(positions), kind="stable")]
        first, last = (len(positions) * r // self.world_size for r in (self.rank, self.rank + 1))
        real = np.arange(self.batch_size) < last - first
        mine = positions[np.minimum(np.arange(first, first + self.batch_size), len(positions) - 1)]
        entries = order[mine]
        part, row, repeat = self.mixture.entry(entries, key)
        slots = Slots(state.epoch, real, part, row, repeat, entries // order.block)
        return slots, self.skip(state, 1)

    def skip(self, state: StreamState, steps: int) -> StreamState:
        """The state after more steps, found without making them.

        Args:
            state: Where to begin.
            steps: Global steps, from 0 on.
        """
        left = self.steps_left(state)
        if steps < left:
            return replace(state, position=state.position + steps * self._stride)
        epochs, rest = divmod(steps - left, self.steps_per_epoch)
        return replace(state, epoch=state.epoch + 1 + epochs, position=rest * self._stride)

    def _open_epoch(self, epoch: int) -> tuple[Order, bytes]:
        if epoch not in self._orders:
            key = order_key(*self._identity, epoch)
            self._orders[epoch] = Order(len(self.mixture), key), key
            if len(self._orders) > _EPOCHS:
                self._orders.popitem(last=False)
        self._orders.move_to_end(epoch)
        return self._orders[epoch]
