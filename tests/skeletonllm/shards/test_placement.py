from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from skeletonllm.shards import placement
from skeletonllm.shards.placement import name_tar, order_of_clip, place_samples, sort_samples

Clip = tuple[str, str, int]


def place(clips: list[Clip]) -> dict[str, list[str]]:
    """Tar -> ids of its clips, in order."""
    ordered = [clips[i] for i in sort_samples([c for c, _, _ in clips], [i for _, i, _ in clips])]
    corpora, ids, frames = zip(*ordered, strict=True)
    table = pa.table({"corpus": corpora, "clip_id": ids, "topology": ["kinect_v2"] * len(ids)})
    table = table.append_column("num_frames", pa.array(frames, pa.int32()))
    table = table.append_column("num_persons", pa.array([1] * len(ids), pa.int32()))
    places = place_samples(table)
    assert [p.end for p in places] == [*(p.start for p in places[1:]), len(ids)]
    return {p.name: list(ids[p.start : p.end]) for p in places}


def make_clips(count: int, corpus: str = "lab") -> list[Clip]:
    return [(corpus, f"{corpus}/{number}", 100) for number in range(count)]


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]


def test_a_small_corpus_is_one_tar_and_no_tar_holds_two() -> None:
    tars = place([*make_clips(20, "b"), *make_clips(30, "a")])
    assert [(name, len(ids)) for name, ids in tars.items()] == [("a.tar", 30), ("b.tar", 20)]


def test_tars_are_named_by_the_bits_that_their_samples_share() -> None:
    tars = place(make_clips(3000))
    assert list(tars) == sorted(tars)
    assert all(len(ids) <= placement.MOST_SAMPLES for ids in tars.values())
    for name, ids in tars.items():
        bits = name.removeprefix("lab-").removesuffix(".tar")
        assert all(f"{order_of_clip(i):064b}".startswith(bits) for i in ids)
        assert ids == sorted(ids, key=order_of_clip)


def test_the_listing_does_not_matter() -> None:
    clips = [*make_clips(1500), *make_clips(40, "other")]
    shuffled = random.Random(0).sample(clips, len(clips))
    assert place(shuffled) == place(clips)


@pytest.mark.parametrize("number", range(10_000, 10_040))
def test_one_clip_more_changes_one_tar_or_parts_it_in_two(
    number: int, ten_thousand: dict[str, list[str]]
) -> None:
    more = place([*make_clips(10_000), ("lab", f"lab/{number}", 100)])
    found = changed(ten_thousand, more)
    written = [name for name in found if name in more]
    assert 1 <= len(written) <= 2


@pytest.fixture(scope="module")
def ten_thousand() -> dict[str, list[str]]:
    return place(make_clips(10_000))


def test_a_full_tar_is_parted_in_two_and_no_other_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "MOST_SAMPLES", 16)
    parted = 0
    before = place(make_clips(200))
    for count in range(201, 260):
        after = place(make_clips(count))
        gone = [name for name in before if name not in after]
        new = [name for name in after if after[name] != before.get(name)]
        assert len(new) <= 2
        assert len(gone) <= 1
        parted += len(gone)
        before = after
    assert parted


def test_long_clips_fill_a_tar_sooner() -> None:
    frames = placement.MOST_POSITIONS // 25 // 10
    tars = place([("lab", f"lab/{i}", frames) for i in range(100)])
    assert all(len(ids) <= 10 for ids in tars.values())
    assert list(place([("lab", "lab/0", 100 * frames)]).values()) == [["lab/0"]]


def test_names_of_corpora_that_look_alike_stay_apart() -> None:
    names = {name_tar(corpus, "") for corpus in ("my lab", "my-lab", "my_lab")}
    assert len(names) == 3
    assert all("/" not in name_tar(corpus, "0") for corpus in ("a/b", "../x"))


def test_equal_ids_stay_in_the_order_in_which_they_came() -> None:
    order = sort_samples(["lab"] * 4, ["lab/1", "lab/0", "lab/1", "lab/0"])
    places = {clip: np.flatnonzero(order == i)[0] for i, clip in enumerate("abcd")}
    assert places["a"] < places["c"]
    assert places["b"] < places["d"]
