from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.shards import Sample
from skeletonllm.training import Example, ask, draw_frames
from skeletonllm.training.examples import permute_motions


def test_frames_are_one_of_each_segment(examples: list[Example]) -> None:
    batch = examples[:5]
    frames = draw_frames(batch, 4, (0, 1, 2)).numpy()
    edges = np.array([[e.motion.num_frames * i / 4 for i in range(5)] for e in batch])
    assert (frames >= np.floor(edges[:, :-1])).all()
    assert (frames < np.ceil(edges[:, 1:])).all()


def test_the_draw_depends_on_its_seed_alone(examples: list[Example]) -> None:
    batch = examples[:5]
    first = draw_frames(batch, 4, (0, 1, 0))
    assert first.equal(draw_frames(batch, 4, (0, 1, 0)))
    assert not first.equal(draw_frames(batch, 4, (0, 2, 0)))
    assert draw_frames(batch, 4).equal(draw_frames(batch, 4))


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


def test_a_sample_asks_for_its_class_among_those_of_its_namespace(
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
    sample = replace(Sample(clip), weight=0.0)
    asked = ask(sample, {"lab": ("sit", "wave"), "ntu": ("jump",)})
    assert (asked.key, asked.label, asked.candidates) == ("lab/1", "wave", ("sit", "wave"))
    assert asked.weight == 0.0
