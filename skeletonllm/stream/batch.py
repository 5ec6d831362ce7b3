"""A batch: samples, and what whoever counts must know about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from skeletonllm.shards.codec import Sample
from skeletonllm.stream.damage import Damage
from skeletonllm.views.left_out import NOTHING, LeftOut


class Batch(list[Sample]):
    """The samples of one rank in one step: a list, which also says where the stream then is.

    It carries its own account, since it may come from a loader's worker: what a worker counts, the
    main process never sees. Copies and pickles keep it.

    Args:
        samples: One a slot; of weight 0 where a slot holds none.
        parts: Name of the part of the mixture that each sample was drawn for.
        numbers: Number of that part.
        repeats: For the how manieth time in this epoch each sample comes, from 0 on.
        epoch: That the samples are of.
        state: State of the stream once this batch was given out, as plain data.
        damaged: Samples that could not be used.
        left_out: How many texts the view left out.

    Example:
        >>> batch = Batch([], state={"position": 8})
        >>> len(batch), batch.state
        (0, {'position': 8})
    """

    def __init__(
        self,
        samples: Iterable[Sample] = (),
        *,
        parts: tuple[str, ...] = (),
        numbers: tuple[int, ...] = (),
        repeats: tuple[int, ...] = (),
        epoch: int = 0,
        state: Mapping[str, Any] | None = None,
        damaged: tuple[Damage, ...] = (),
        left_out: LeftOut = NOTHING,
    ) -> None:
        super().__init__(samples)
        self.parts, self.damaged, self.left_out = parts, damaged, left_out
        self.numbers, self.repeats, self.epoch = numbers, repeats, epoch
        self.state = dict(state or {})
