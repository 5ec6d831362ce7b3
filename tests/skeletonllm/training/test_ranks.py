"""Two real processes with gloo between them: how a batch is shared changes nothing that matters.

The processes are forked from a server that has imported what they need: importing torch and
transformers in each of them takes longer than all their steps.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from skeletonllm.augmentation import DEFAULTS, Augmentation
from skeletonllm.errors import TrainingError
from skeletonllm.mllm.lora import LoraOptions, add_lora
from skeletonllm.stream.stream import Stream
from skeletonllm.tasks import Example, get_task
from skeletonllm.testing.releases import LABELS, damage_clip, write_release
from skeletonllm.training import (
    ExampleStream,
    SaveClock,
    Trainer,
    TrainingStage,
    TrainState,
    get_stage,
    train_stage,
)
from skeletonllm.views.view import View

from .conftest import ACTIONS, build, make, perform

STAGE = get_stage("warm_up", model="tiny", batch_size=4, num_frames=2)
SERVER = ["skeletonllm.mllm", "skeletonllm.training", "skeletonllm.testing.releases", "pytest"]
PATIENCE_S = 120.0
CLIPS = 8
STEPS = 6
"""Three epochs of 8 clips in steps of 6: of each second step, the second rank has one clip less."""


@dataclass(frozen=True)
class Case:
    """One step, and what each of two ranks has of its batch."""

    shares: tuple[tuple[int, ...], tuple[int, ...]]
    weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)
    lora: bool = False
    micro_batch: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


EVENLY = ((0, 2), (1, 3))
CASES = {
    "warm-up": Case(EVENLY),
    "accumulation": Case(EVENLY, micro_batch=1),
    "weights": Case(EVENLY, weights=(0.5, 3.0, 1.0, 2.0), micro_batch=1),
    "augmentation": Case(
        EVENLY, changes={"augmentation": Augmentation(**{**DEFAULTS, "mirror": 1.0})}
    ),
    "lora": Case(EVENLY, lora=True, changes={"trains": ("renderer", "projector", "lora")}),
    "foreground": Case(EVENLY, changes={"foreground": True}),
    "a slot of weight zero": Case(EVENLY, weights=(1.0, 0.0, 1.0, 1.0)),
    "uneven": Case(((0, 1, 2), (3,))),
    "a rank with nothing": Case(((0, 1, 2, 3), ())),
    "a rank of weight zero": Case(((0, 1), (2, 3)), weights=(1.0, 2.0, 0.0, 0.0)),
}


def start_ranks(work: Callable[..., Any], folder: Path, *given: Any) -> list[Any]:
    """What ``work(rank, *given)`` gives in each of two processes that are joined by gloo."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(SERVER)
    meeting = folder / "meeting"
    processes = [
        context.Process(target=_be_rank, args=(rank, str(meeting), work, given), daemon=True)
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_S)
        process.kill()
    results = [torch.load(f"{meeting}.{rank}", weights_only=False) for rank in range(2)]
    meeting.unlink(missing_ok=True)
    return results


def _be_rank(rank: int, meeting: str, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=2)
    torch.save(work(rank, *given), f"{meeting}.{rank}")
    dist.destroy_process_group()


def learn_once(case: Case, *share: int) -> tuple[Any, dict[str, Tensor]]:
    """The result and the gradients of one step over these of four clips."""
    renderer, adapter = build()
    stage = replace(STAGE, **case.changes)
    if case.lora:
        lora = add_lora(adapter, LoraOptions(r=4, alpha=8, dropout=0.0))
        draw = torch.Generator().manual_seed(3)
        with torch.no_grad():
            for name, weight in lora.named_parameters():  # A has a gradient where B is not zero
                if ".B." in name:
                    weight.copy_(torch.randn(weight.shape, generator=draw) * 0.1)
    trainer = make(stage, renderer, adapter, micro_batch=case.micro_batch, parts=("a", "b"))
    whole = [
        replace(perform(ACTIONS[i], i, i), weight=weight, part="ab"[i % 2])
        for i, weight in enumerate(case.weights)
    ]
    result = trainer.train_step([whole[i] for i in share], step=20)
    # As the optimizer gets them, clipped to a norm of 1: a difference is a share of the norm.
    return result, {n: p.grad for n, p in trainer.named.items() if p.grad is not None}


def learn_all(rank: int, cases: Mapping[str, Case]) -> dict[str, Any]:
    return {name: learn_once(case, *case.shares[rank]) for name, case in cases.items()}


@pytest.fixture(scope="module")
def shared_steps(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The steps of all cases, of two ranks."""
    return start_ranks(learn_all, tmp_path_factory.mktemp("steps"), CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_step_of_two_ranks_is_the_step_of_one(
    name: str, shared_steps: list[dict[str, Any]]
) -> None:
    (first, ours), (second, theirs) = (steps[name] for steps in shared_steps)
    assert first == second
    assert all(ours[n].equal(theirs[n]) for n in ours)
    alone, gradients = learn_once(replace(CASES[name], micro_batch=None), *range(4))
    assert ours.keys() == gradients.keys()
    assert any(gradient.abs().max() > 1e-3 for gradient in gradients.values())
    for parameter, gradient in gradients.items():
        torch.testing.assert_close(ours[parameter], gradient, atol=1e-5, rtol=0.0)
    assert (first.clips, first.tokens) == (alone.clips, alone.tokens)
    assert [first.loss, first.norm] == pytest.approx([alone.loss, alone.norm], rel=1e-5)
    assert first.losses == pytest.approx(alone.losses, rel=1e-5)
    assert first.groups == pytest.approx(alone.groups, rel=1e-5, abs=1e-5)


class Spoiled(Trainer):
    """Gives a loss without end for one clip."""

    spoiler = ""

    def compute_losses(self, examples: Sequence[Example]) -> Tensor:
        losses = super().compute_losses(examples)
        spoil = [torch.inf if example.key == self.spoiler else 1.0 for example in examples]
        return losses * losses.new_tensor(spoil)


def meet_nan(rank: int, of_loss: bool) -> tuple[str, bool, bool]:
    """What a step says whose second rank meets a NaN; whether nothing moved, and the next runs."""
    renderer, adapter = build()
    trainer = Spoiled(STAGE, renderer, adapter, steps=300, micro_batch=1)
    clips = [perform(ACTIONS[i], i, i) for i in range(4)]
    mine = clips[2 * rank :][:2]
    turn = renderer.get_parameter("view.turn")
    hooks = []
    if of_loss:
        trainer.spoiler = clips[3].key
    elif rank == 1:
        hooks = [turn.register_hook(lambda gradient: gradient * torch.nan)]
    before = [p.detach().clone() for p in trainer.parameters]
    try:
        trainer.train_step(mine, step=7)
        said = ""
    except TrainingError as error:
        said = str(error)
    kept = all(p.equal(q) for p, q in zip(trainer.parameters, before, strict=True))
    for hook in hooks:
        hook.remove()
    trainer.spoiler = ""
    return said, kept, trainer.train_step(mine, step=7).norm > 0


def meet_nans(rank: int) -> list[tuple[str, bool, bool]]:
    return [meet_nan(rank, of_loss) for of_loss in (False, True)]


@pytest.fixture(scope="module")
def nans(tmp_path_factory: pytest.TempPathFactory) -> list[list[tuple[str, bool, bool]]]:
    return start_ranks(meet_nans, tmp_path_factory.mktemp("nans"))


@pytest.mark.parametrize(
    ("of_loss", "group", "clip"), [(True, "projector", 3), (False, "renderer.view", 2)]
)
def test_a_nan_on_one_rank_stops_both_with_the_name_of_its_clip(
    of_loss: bool, group: str, clip: int, nans: list[list[tuple[str, bool, bool]]]
) -> None:
    results = [of_rank[of_loss] for of_rank in nans]
    assert [result[1:] for result in results] == [(True, True)] * 2
    key = perform(ACTIONS[clip], clip, clip).key
    for said, _, _ in results:
        assert said.startswith("step 8: the loss is ")
        assert group in said
        assert f"with the clips {key}. The last checkpoint is whole" in said
    assert results[0] == results[1]


@dataclass
class Told:
    """What a run of one rank gave."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    given: list[list[tuple[int, str]]] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)
    places: list[Any] = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)


class Watched(ExampleStream):
    """Remembers the clips that it gives out, batch by batch."""

    def __iter__(self) -> Iterator[Any]:
        self.given: list[list[tuple[int, str]]] = []
        for batch in super().__iter__():
            self.given.append([(e.epoch, e.key) for e in batch if e.weight])
            yield batch


def train(rank: int, world: int, release: str) -> Told:
    """A run over a release; only the last rank has a clock, only the first the right weights."""
    stage: TrainingStage = replace(STAGE, steps=STEPS, batch_size=6)
    size = stage.share_batch(world)
    stream = Stream(release, View(), batch_size=size, rank=rank, world_size=world)
    batches = Watched(stream, get_task(stage.task))
    # As a checkpoint that lacks a tensor would leave it: each rank draws it otherwise.
    trainer = make(stage, *build(), steps=STEPS, parts=("",))
    with torch.no_grad():
        trainer.parameters[-1].add_(rank)
    told = Told()

    def save(state: TrainState) -> None:
        told.saved.append(state.step)
        told.places.append(state.stream)

    train_stage(
        trainer,
        batches,
        report=told.lines.append,
        save=save,
        clock=SaveClock(every_steps=4) if rank == world - 1 else None,
    )
    told.given = batches.given
    told.weights = {name: p.detach() for name, p in trainer.named.items()}
    return told


@pytest.fixture(scope="module")
def small_release(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Eight clips, one of which is damaged."""
    folder = write_release(str(tmp_path_factory.mktemp("release")), per_action=CLIPS // 4)
    damage_clip(folder, f"lab/{LABELS[0]}/0")
    return folder


@pytest.fixture(scope="module")
def runs(small_release: str, tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    """The same run as two ranks make it."""
    return start_ranks(train, tmp_path_factory.mktemp("runs"), 2, small_release)


def test_two_ranks_learn_what_one_learns_over_uneven_epochs(
    small_release: str, runs: list[Told]
) -> None:
    first, second = runs
    alone = train(0, 1, small_release)
    assert first.lines == second.lines
    assert all(first.weights[name].equal(second.weights[name]) for name in first.weights)
    for key in ("clips", "tokens", "damaged", "rate"):
        assert [line[key] for line in first.lines] == [line[key] for line in alone.lines]
    for ours, theirs in zip(first.lines, alone.lines, strict=True):
        assert [ours["loss"], ours["norm"]] == pytest.approx(
            [theirs["loss"], theirs["norm"]], rel=1e-4
        )
    # Each step has the same clips; each epoch each clip once, but for the damaged one.
    pairs = zip(first.given, second.given, alone.given, strict=True)
    assert all(sorted(a + b) == sorted(c) for a, b, c in pairs)
    given = Counter(pair for batch in alone.given for pair in batch)
    assert set(given.values()) == {1}
    assert Counter(epoch for epoch, _ in given) == dict.fromkeys(range(3), CLIPS - 1)


def test_the_wish_of_one_rank_makes_all_of_them_save(runs: list[Told]) -> None:
    assert [told.saved for told in runs] == [[4, 6], [4, 6]]
    assert runs[0].places == runs[1].places
