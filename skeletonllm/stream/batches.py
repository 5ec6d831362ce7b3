"""Steps of a schedule -> batches, read ahead by threads, or by whoever asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

from skeletonllm.stream.batch import Batch
from skeletonllm.stream.reader import Read, SampleReader
from skeletonllm.stream.schedule import Slots
from skeletonllm.stream.state import StreamState
from skeletonllm.views.left_out import NOTHING

Step = tuple[Slots, StreamState]
"""What a rank gives out in a step, and the state of the stream once it is done."""


class BatchReader:
    """Reads the slots of steps, of whichever part of the mixture they are.

    Args:
        readers: One a part.
        threads: That read at once: one for a disk, some for a store that makes each wait.
    """

    def __init__(self, readers: Sequence[SampleReader], threads: int) -> None:
        self._readers, self._threads = readers, threads

    def read(self, steps: Iterable[Step], ahead: int) -> Iterator[Batch]:
        """The batch of each step, in order.

        Args:
            steps: What to read.
            ahead: Batches that are read while others are in use; 0 reads in the caller's thread.
        """
        if not ahead:
            yield from (self._gather(step, self._read_slots(_list_slots(step))) for step in steps)
            return
        reading: deque[tuple[Step, list[Future[list[Read]]]]] = deque()
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="skeletonllm-stream")
        try:
            for step in steps:
                reading.append((step, self._submit(pool, step)))
                if len(reading) > ahead:
                    yield self._collect(*reading.popleft())
            while reading:
                yield self._collect(*reading.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # nobody waits for what nobody will use

    def _submit(self, pool: ThreadPoolExecutor, step: Step) -> list[Future[list[Read]]]:
        """Start reading the slots, in as many shares as there are threads."""
        wanted = _list_slots(step)
        size = -(-len(wanted) // self._threads)
        starts = range(0, len(wanted), size)
        return [pool.submit(self._read_slots, wanted[at : at + size]) for at in starts]

    def _collect(self, step: Step, shares: Sequence[Future[list[Read]]]) -> Batch:
        return self._gather(step, list(chain.from_iterable(share.result() for share in shares)))

    def _read_slots(self, wanted: Sequence[_Slot]) -> list[Read]:
        return [self._readers[part].read_slot(row, real=real) for real, part, row in wanted]

    def _gather(self, step: Step, read: Sequence[Read]) -> Batch:
        slots, after = step
        return Batch(
            (slot.sample for slot in read),
            parts=tuple(self._readers[part].part.name for part in slots.part.tolist()),
            numbers=tuple(slots.part.tolist()),
            repeats=tuple(slots.repeat.tolist()),
            epoch=slots.epoch,
            state=after.to_json(),
            damaged=tuple(slot.damage for slot in read if slot.damage),
            left_out=sum((slot.left_out for slot in read if slot.left_out), NOTHING),
        )


_Slot = tuple[bool, int, int]
"""Whether it holds a sample, of which part, and which row of it."""


def _list_slots(step: Step) -> list[_Slot]:
    slots = step[0]
    return list(zip(slots.real.tolist(), slots.part.tolist(), slots.row.tolist(), strict=True))
