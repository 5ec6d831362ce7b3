"""``megatron-energon``: our tars as they are, with its index of them beside."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from megatron.energon import (
    Cooker,
    DefaultTaskEncoder,
    Sample,
    WorkerConfig,
    basic_sample_keys,
    get_savable_loader,
    get_train_dataset,
)
from megatron.energon.flavors import CrudeSample
from megatron.energon.task_encoder.base import stateless

from benchmarks.streaming.rivals.taken import NextEpoch, Taken, list_tars, take_sample
from skeletonllm.shards import decode

BATCH = 32
BUFFER = 100
"""Samples of its buffer, and of a sequence that is read at once: the numbers of its quickstart."""


@dataclass
class TakenSample(Sample):  # type: ignore[misc]
    """A sample as its pipeline wants it: of a class of its own.

    Args:
        taken: What a model needs.
    """

    taken: Taken


@stateless  # type: ignore[untyped-decorator]
def _cook(members: CrudeSample) -> TakenSample:
    return TakenSample(**basic_sample_keys(members), taken=take_sample(decode(members)))


class _Encoder(DefaultTaskEncoder):  # type: ignore[misc]
    decoder = None  # it would read the JSON itself
    cookers = (Cooker(_cook),)

    def __init__(self) -> None:
        super().__init__(raw_batch_type=list)

    def batch(self, samples: list[TakenSample]) -> list[TakenSample]:
        """The samples as they are, for the comparison is of samples."""
        return samples


def convert(tars: Path, folder: Path) -> None:
    """Copies of the tars, and what ``energon prepare`` writes beside them.

    Args:
        tars: Of ours.
        folder: Where to.
    """
    folder.mkdir(parents=True)
    for path in list_tars(tars):
        shutil.copy(path, folder)
    command = [str(Path(sys.executable).with_name("energon")), "prepare", str(folder)]
    settings = "--non-interactive --no-progress --split-ratio 1,0,0 --sample-type CrudeWebdataset"
    one = ("--num-workers", "1")
    subprocess.run([*command, *settings.split(), *one], check=True, stdout=subprocess.DEVNULL)


def open_reader(folder: Path, count: int) -> NextEpoch:
    """A loader whose state can be saved, in this process.

    Args:
        folder: Of prepared tars.
        count: Samples of an epoch.
    """
    here = WorkerConfig(rank=0, world_size=1, num_workers=0)
    dataset = get_train_dataset(
        folder,
        worker_config=here,
        batch_size=BATCH,
        shuffle_buffer_size=BUFFER,
        max_samples_per_sequence=BUFFER,
        task_encoder=_Encoder(),
    )
    endless = chain.from_iterable(get_savable_loader(dataset))

    def next_epoch() -> Iterator[Taken]:
        return (sample.taken for sample in islice(endless, count))

    return next_epoch
