from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.shards import Sample
from skeletonllm.stream.batch import Batch
from skeletonllm.stream.damage import Damage, DamageTally
from skeletonllm.tasks import Example, get_task
from skeletonllm.training import ExampleStream, choose_frames, make_rng
from skeletonllm.training.batches import permute_motions


def test_frames_are_one_of_each_segment(examples: list[Example]) -> None:
    batch = examples[:5]
    frames = choose_frames(batch, 4, 0).numpy()
    edges = np.array([[e.motion.num_frames * i / 4 for i in range(5)] for e in batch])
    assert (frames >= np.floor(edges[:, :-1])).all()
    assert (frames < np.ceil(edges[:, 1:])).all()


def test_the_draw_depends_on_seed_clip_epoch_and_repeat_alone(examples: list[Example]) -> None:
    batch = examples[:5]
    first = choose_frames(batch, 4, 0)
    assert first.flip(0).equal(choose_frames(batch[::-1], 4, 0))
    assert first[2:3].equal(choose_frames(batch[2:3], 4, 0))
    assert not first.equal(choose_frames(batch, 4, 1))
    for change in ({"epoch": 1}, {"repeat": 1}, {"key": "another"}):
        assert not first.equal(choose_frames([replace(e, **change) for e in batch], 4, 0))
    assert choose_frames(batch, 4).equal(choose_frames(batch, 4))


def test_counted_draws_come_again(examples: list[Example]) -> None:
    def draw(epoch: int, draws: int | None = 3) -> list[list[int]]:
        batch = [replace(e, epoch=epoch) for e in examples[:5]]
        return choose_frames(batch, 4, 0, draws).tolist()

    assert draw(1) == draw(4) == draw(1, None)
    assert len({str(draw(epoch)) for epoch in range(6)}) == 3
    assert draw(4) != draw(4, None)


def test_each_purpose_has_random_numbers_of_its_own(examples: list[Example]) -> None:
    one, again, other = (make_rng(examples[0], 0, p).random(4) for p in ("a", "a", "b"))
    assert (one == again).all()
    assert (one != other).all()


def test_a_permuted_clip_never_keeps_its_motion(examples: list[Example]) -> None:
    batch, kept = examples[::2], Counter[bool]()
    for seed in range(60):
        mixed = permute_motions(batch, (seed,))
        assert sorted(id(e.motion) for e in mixed) == sorted(id(e.motion) for e in batch)
        assert all(new.motion is not old.motion for new, old in zip(mixed, batch, strict=True))
        assert [e.label for e in mixed] == [e.label for e in batch]
        labels = {id(e.motion): e.label for e in batch}
        kept.update(labels[id(e.motion)] == e.label for e in mixed)
    drawn, fair = sum(kept.values()), (24 / 4 - 1) / 23
    assert abs(kept[True] / drawn - fair) < 5 * (fair * (1 - fair) / drawn) ** 0.5


def test_a_stream_of_examples_leaves_out_what_the_task_cannot_ask_about(
    examples: list[Example],
) -> None:
    clip = Clip(
        motion=examples[0].motion,
        clip_id="lab/1",
        corpus="lab",
        source_uri="1",
        source_sha256="0" * 64,
        frame_index=tuple(range(examples[0].motion.num_frames)),
        person_ids=("1",),
        label="wave",
        label_id=0,
        label_namespace="lab",
    )
    nameless = replace(clip, clip_id="lab/2", label=None, label_id=None, label_namespace=None)

    class TwoBatches:
        def __init__(self):
            self.candidates_by_part = [{"lab": ("sit", "wave")}, {"lab": ("wave",)}]
            self.damage = DamageTally(2, {"a.tar": 512})

        def __iter__(self):
            two = {"numbers": (0, 0), "parts": ("a", "a"), "repeats": (0, 1)}
            yield Batch([Sample(nameless), Sample(clip)], epoch=3, **two)
            one = {"numbers": (1,), "parts": ("b",), "repeats": (0,)}
            yield Batch([Sample(nameless)], damaged=(Damage("lab/3", "a.tar", "cut"),), **one)
            yield Batch([Sample(clip)], **one)

        def state(self):
            return {"position": 2}

    stream = ExampleStream(TwoBatches(), get_task("recognition"))
    batches = list(islice(stream, 4))  # the fourth is of the next epoch
    assert [[e.key for e in batch] for batch in batches] == [["lab/1"], [], ["lab/1"], ["lab/1"]]
    assert [batch.damaged for batch in batches] == [0, 1, 0, 0]
    first, other = batches[0][0], batches[2][0]
    assert (first.epoch, first.repeat, first.part) == (3, 1, "a")
    # Each part of a mixture names its own classes: what one holds out, the other does not tell.
    assert (first.candidates, other.candidates) == (("sit", "wave"), ("wave",))
    assert list(stream.stream.damage.found) == ["lab/3"]
    assert stream.state() == {"position": 2}
