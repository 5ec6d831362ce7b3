from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.clip import Caption
from skeletonllm.errors import UsageError
from skeletonllm.shards import Sample, read_index
from skeletonllm.views.view import EVERY_CLIP, NamedView, View


def test_selects_by_every_column(folder: Path) -> None:
    index = read_index(str(folder))
    assert len(View().select(index)) == 50
    assert len(View(labels=("wave", "kick")).select(index)) == 20
    assert len(View(unseen=("wave", "kick")).select(index)) == 30
    both = View(subjects=("S1",), labels=("wave",), corpora=("lab",), cameras=("C1",))
    rows = both.select(index).to_pylist()
    assert {(r["subject"], r["label"]) for r in rows} == {("S1", "wave")}
    assert [r["position"] for r in rows] == [p for p in range(50) if p % 15 == 10]


def test_unlabelled_clips_only_where_asked_for(folder: Path) -> None:
    index = read_index(str(folder))
    rows = index.to_pylist()
    rows[3] |= {"label": None, "label_id": None, "label_namespace": None}
    index = type(index).from_pylist(rows, schema=index.schema)
    assert len(View().select(index)) == 49
    assert len(View(labelled=False, unseen=("kick",)).select(index)) == 40


def test_an_empty_view_says_what_there_is(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no clip .*some of .*'subject': \['S0', 'S1', 'S2'\]"):
        View(subjects=("S9",)).select(read_index(str(folder)))
    with pytest.raises(UsageError, match=r"\['wave'\] are selected and unseen at once"):
        View(labels=("wave",), unseen=("wave",))


def test_identity_follows_content_not_the_order_of_names() -> None:
    assert View(labels=("a", "b")).sha256 == View(labels=("b", "a")).sha256
    views = [
        View(),
        View(labels=()),
        View(labels=("a",)),
        View(unseen=("a",)),
        View(subjects=("a",)),
    ]
    assert len({view.sha256 for view in views}) == len(views)


def test_an_unseen_class_is_no_label_no_candidate_and_no_negative(folder: Path, make_clip) -> None:
    view = View(unseen=("kick",))
    rows = view.select(read_index(str(folder)))
    assert view.candidates(rows) == {"lab": ("drink", "drink water", "sit down", "wave")}
    sample, left_out = view.apply(Sample(make_clip(0), negatives=("sit down", "kick", "drink")))
    assert sample.negatives == ("sit down", "drink")
    assert left_out == 0


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        ("The leg rises as in a kick.", True),
        ("Kick!", True),
        ("kick-off", True),
        ("The leg kicks", False),  # another word: only whole phrases are names
        ("sidekick", False),
        ("she sits_down", True),  # not a name's spelling, but its words
        ("she sits\ndown slowly", True),
        ("down she sits", False),
    ],
)
def test_texts_that_name_an_unseen_class_as_a_whole_phrase_are_left_out(
    make_clip, make_rationale, text, leaks
) -> None:
    view = View(unseen=("kick", "sits down"))
    clip = replace(make_clip(0), captions=(Caption(text), Caption("fine")))
    clean = make_rationale(clip)
    in_steps = {**clean, "steps": [{"text": "fine"}, {"text": text}]}
    rationales = (make_rationale(clip, text), clean, in_steps)
    kept, left_out = view.apply(Sample(clip, rationales))
    assert left_out == 2 * leaks
    assert kept.rationales == ((clean,) if leaks else rationales)
    assert len(kept.clip.captions) == 2 - leaks


def test_the_name_of_the_own_class_is_no_leak(make_clip, make_rationale) -> None:
    clip = make_clip(4)
    assert clip.label == "drink water"
    mine, other = make_rationale(clip), make_rationale(clip, "as if to drink")
    kept, left_out = View(unseen=("drink", "???")).apply(Sample(clip, (mine, other)))
    assert kept.rationales == (mine,)
    assert left_out == 1


def test_a_mask_says_of_each_row_whether_it_is_seen_and_may_see_none(folder: Path) -> None:
    index = read_index(str(folder))
    assert View(subjects=("S1",)).mask(index).to_pylist() == [p % 3 == 1 for p in range(50)]
    assert not any(View(labels=("dance",)).mask(index).to_pylist())


def test_a_view_shows_its_classes_and_no_unseen_one() -> None:
    view = View(labels=("wave", "kick"))
    assert [view.shows(name) for name in ("wave", "drink")] == [True, False]
    assert [View(unseen=("wave",)).shows(name) for name in ("wave", "drink")] == [False, True]


def test_a_named_view_has_the_hash_of_its_view_and_all_clips_have_none() -> None:
    view = View(unseen=("kick",))
    assert NamedView("lab/5-1", view).to_json() == {"name": "lab/5-1", "sha256": view.sha256}
    assert EVERY_CLIP.to_json() == {"name": "all", "sha256": None}
