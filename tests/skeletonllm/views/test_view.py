from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from skeletonllm.clip import Caption
from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.shards import Sample, read_index
from skeletonllm.views.left_out import LeftOut
from skeletonllm.views.view import EVERY_CLIP, HAVING, NamedView, View
from tests.skeletonllm.small_folders import LABELS


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


def test_an_unseen_class_is_no_label_and_no_candidate(folder: Path) -> None:
    view = View(unseen=("kick",))
    rows = view.select(read_index(str(folder)))
    assert view.candidates(rows) == {"lab": ("wave", "sit down", "drink", "drink water")}


def test_candidates_stand_in_order_of_their_numbers_or_else_of_their_names(folder: Path) -> None:
    rows = View().select(read_index(str(folder)))
    assert View().candidates(rows) == {"lab": LABELS}
    assert View().candidates(rows.take(list(range(len(rows)))[::-1])) == {"lab": LABELS}
    assert View().candidates(rows.drop_columns(["label_id"])) == {"lab": tuple(sorted(LABELS))}


LEAKS = [
    ("The leg rises as in a kick.", True),
    ("kick-off", True),
    ("The leg kicks", True),  # another form of the action
    ("sidekick", False),
    ("down she sits", True),  # another order
    ("she takes it.\nThen the hat falls.", False),  # no sentence says both
    ("off comes the hat that she took", True),
    ("she took the\nhat off", True),  # wrapped, not ended
]


@pytest.mark.parametrize(("text", "leaks"), LEAKS)
def test_texts_that_tell_an_unseen_class_are_left_out(
    make_clip, make_rationale, text: str, leaks: bool
) -> None:
    view = View(unseen=("kick", "sits down", "take off hat"))
    clip = replace(make_clip(0), captions=(Caption(text), Caption("fine")))
    clean = make_rationale(clip)
    in_steps = {**clean, "steps": [{"text": "fine"}, {"text": text}]}
    rationales = (make_rationale(clip, text), clean, in_steps)
    kept, left_out = view.apply(Sample(clip, rationales, questions=asked(text)))
    assert left_out == LeftOut(rationales=2 * leaks, captions=leaks, questions=3 * leaks)
    assert kept.rationales == ((clean,) if leaks else rationales)
    assert len(kept.clip.captions) == 2 - leaks
    assert len(kept.questions) == 4 - 3 * leaks


def asked(text: str) -> tuple[dict[str, object], ...]:
    """A question that says it, one whose answer does, one with such a choice, and a clean one."""
    clean: dict[str, object] = {"question": "Which?", "answer": "fine", "choices": None}
    return (
        {**clean, "question": text},
        {**clean, "answer": text},
        {**clean, "choices": ["fine", text]},
        clean,
    )


def test_the_name_of_the_own_class_is_no_leak(make_clip, make_rationale) -> None:
    clip = make_clip(4)
    assert clip.label == "drink water"
    mine, other = make_rationale(clip), make_rationale(clip, "as if to drink")
    kept, left_out = View(unseen=("drink", "???")).apply(Sample(clip, (mine, other)))
    assert kept.rationales == (mine,)
    assert left_out == LeftOut(rationales=1)


def test_the_name_of_the_own_class_is_a_leak_where_it_is_unseen_itself(
    make_clip, make_rationale
) -> None:
    clip = make_clip(4)
    view = View(unseen=("drink water",))
    assert view.apply(Sample(clip, (make_rationale(clip),)))[1] == LeftOut(rationales=1)


def test_a_view_without_unseen_classes_leaves_a_sample_as_it_is(make_clip, make_rationale) -> None:
    sample = Sample(make_clip(0), (make_rationale(make_clip(0), "a kick"),))
    assert View().apply(sample) == (sample, LeftOut())


def test_a_mask_says_of_each_row_whether_it_is_seen_and_may_see_none(folder: Path) -> None:
    index = read_index(str(folder))
    assert View(subjects=("S1",)).mask(index).to_pylist() == [p % 3 == 1 for p in range(50)]
    assert not any(View(labels=("dance",)).mask(index).to_pylist())


def test_a_view_takes_only_samples_that_have_what_it_asks_for(folder: Path) -> None:
    index = read_index(str(folder))
    rows = index.to_pylist()
    for row in rows:
        row["num_rationales"] = row["position"] % 2
        row["num_captions"] = row["position"] % 3
        row["num_questions"] = row["position"] % 5
    index = pa.Table.from_pylist(rows, schema=index.schema)
    for having in (("rationales",), ("captions", "questions"), ("questions", "rationales")):
        counts = [HAVING[what] for what in having]
        expected = [all(row[count] for count in counts) for row in rows]
        assert View(having=having).mask(index).to_pylist() == expected
        assert 0 < sum(expected) < 50


def test_what_no_sample_has_is_refused_with_what_there_is(folder: Path) -> None:
    index = read_index(str(folder))
    with pytest.raises(UsageError, match=r"no clip of .*'with questions': 0"):
        View(having=("questions",)).select(index)
    with pytest.raises(UsageError, match=r"having \['answers'\]; expected words of rat"):
        View(having=("answers",))
    clips = index.drop_columns(["num_rationales"])
    with pytest.raises(UsageError, match=r"no column 'num_rationales'; expected an index that"):
        View(having=("rationales",)).mask(clips)


GOLDEN = {
    "4669de46c4081b2ad478fa1fc00e3cbacf78e791673cb19130151ede8d6c85be": View(),
    "9cf8eae82d54827a71aeed09cde8421b1362baebb4602361504ed992705d1efe": View(
        labelled=False, unseen=("wave", "kick"), labels=()
    ),
    "530ee67bf5a5b1880d0b8d41b6c2e631faf2051d3a04f5223bd4a604ded867d0": View(
        corpora=("a",),
        namespaces=("b",),
        labels=("d", "c"),
        unseen=("\u00e9",),
        subjects=("1",),
        cameras=("2",),
        setups=("3",),
        topologies=("coco_17",),
    ),
    "a4a512445dad4e6ff1303eab6305f7f51b2e13478f7071a4a506e66ed5a44c93": get_protocol(
        "ntu60/55-5"
    ).train,
    "c9ef4d638947e2515ddd4be9497487eac21073fa63b83c8e48b7177f16cc3822": get_protocol(
        "nw_ucla/xview"
    ).test,
}
"""Hashes of before there was `having`: tables of negatives and saved states name them."""


@pytest.mark.parametrize("sha256", GOLDEN)
def test_views_of_before_keep_their_hash(sha256: str) -> None:
    assert GOLDEN[sha256].sha256 == sha256


@dataclass(frozen=True, kw_only=True)
class LaterView(View):
    """A view with a field that is not made yet."""

    seasons: tuple[str, ...] | None = None


def test_a_later_field_changes_the_hash_only_where_it_is_used() -> None:
    assert LaterView().sha256 == View().sha256
    assert LaterView(having=("captions",)).sha256 == View(having=("captions",)).sha256
    hashes = {LaterView(seasons=("winter",)).sha256, View(having=("captions",)).sha256}
    assert len(hashes | {View().sha256}) == 3


def test_the_split_of_a_view_asks_nothing_of_a_sample_but_where_it_comes_from() -> None:
    stage = View(unseen=("kick",), labelled=False, having=("captions",))
    assert stage.split == View(unseen=("kick",))


def test_a_view_shows_its_classes_and_no_unseen_one() -> None:
    view = View(labels=("wave", "kick"))
    assert [view.shows(name) for name in ("wave", "drink")] == [True, False]
    assert [View(unseen=("wave",)).shows(name) for name in ("wave", "drink")] == [False, True]


def test_a_named_view_has_the_hash_of_its_view_and_all_clips_have_none() -> None:
    view = View(unseen=("kick",))
    assert NamedView("lab/5-1", view).to_json() == {"name": "lab/5-1", "sha256": view.sha256}
    assert EVERY_CLIP.to_json() == {"name": "all", "sha256": None}
