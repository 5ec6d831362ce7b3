from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.stream.part import Part, hash_parts
from skeletonllm.views.view import View


def test_one_part_is_its_view_and_several_are_their_views_weights_and_names() -> None:
    part, other = Part(view=View(), name="recognition"), Part(view=View(corpora=("lab",)))
    assert hash_parts([part]) == hash_parts([replace(part, name="")]) == View().sha256
    mixtures = [
        [part, other],
        [other, part],
        [part, replace(other, weight=2)],
        [replace(part, name="captioning"), other],
        [replace(part, weight=2)],
        [part],
    ]
    assert len({hash_parts(parts) for parts in mixtures}) == len(mixtures)
    assert hash_parts([replace(part, weight=2)]) == hash_parts([replace(part, weight=2.0)])


def test_a_mixture_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="a mixture without parts"):
        hash_parts([])


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View(corpora=("c",), unseen=("wave",)),
        View(corpora=("a",)),
        View(corpora=("a",), unseen=("wave",), subjects=("1",)),
    ],
)
def test_a_part_that_is_not_cut_from_its_split_is_refused(view: View) -> None:
    split = View(corpora=("a", "b"), unseen=("wave",))
    Part(view=View(corpora=("a",), unseen=("wave",), topologies=("coco_17",)), split=split)
    with pytest.raises(UsageError, match="part 'p' is not cut from its split"):
        Part(view=view, split=split, name="p")
