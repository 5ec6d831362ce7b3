"""Scores of captions: what is counted, what is refused, what is stored."""

from __future__ import annotations

import json

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.captions import BertModel, score_captions

REFERENCES = {
    "toy/0": ["A person waves a hand.", "someone waves the right hand"],
    "toy/1": ["A man sits down on a chair.", "he sits"],
    "toy/2": ["The person walks in a circle."],
}
RIGHT = {clip: texts[0].upper() for clip, texts in REFERENCES.items()}
BLEU = ["bleu_1", "bleu_2", "bleu_3", "bleu_4"]


def test_a_caption_that_is_a_reference_is_whole_whatever_its_case_and_stop() -> None:
    scores = score_captions({c: t.rstrip(".") for c, t in RIGHT.items()}, REFERENCES)
    assert list(scores.metrics) == [*BLEU, "rouge_l", "cider"]
    assert [scores.metrics[name].value for name in (*BLEU, "rouge_l")] == pytest.approx([1.0] * 5)
    assert scores.metrics["bleu_4"].interval == pytest.approx((1.0, 1.0))
    assert (scores.count, scores.references, scores.empty) == (3, 5, 0)
    assert scores.remarks == []


def test_nothing_right_is_zero() -> None:
    scores = score_captions(dict.fromkeys(REFERENCES, "xylophone"), REFERENCES)
    assert {score.value for score in scores.metrics.values()} == {0.0}


def test_empty_captions_count_as_zero_and_are_counted() -> None:
    whole = score_captions(RIGHT, REFERENCES)
    part = score_captions({**RIGHT, "toy/1": " ", "toy/2": "...!"}, REFERENCES)
    assert (part.count, part.empty) == (3, 2)
    assert part.metrics["rouge_l"].value == pytest.approx(1 / 3)
    assert part.metrics["cider"].value < whole.metrics["cider"].value / 2
    assert part.metrics["bleu_1"].value < whole.metrics["bleu_1"].value
    assert "2 of 3 captions empty" in part.summarize()
    nothing = score_captions(dict.fromkeys(REFERENCES, ""), REFERENCES)
    assert {score.value for score in nothing.metrics.values()} == {0.0}


def test_clips_without_a_caption_are_counted_and_not_scored() -> None:
    told = {clip: RIGHT[clip] for clip in ("toy/0", "toy/2")}
    scores = score_captions(told, REFERENCES)
    assert (scores.count, scores.unanswered) == (2, 1)
    assert scores.metrics["rouge_l"].value == pytest.approx(1.0)
    assert "1 clips without a caption, not scored" in scores.summarize()


def test_blank_references_are_left_out_and_counted() -> None:
    scores = score_captions(RIGHT, {**REFERENCES, "toy/0": ["A person waves a hand", " ", "."]})
    assert (scores.references, scores.blank_references) == (4, 2)
    assert scores.metrics["rouge_l"].value == pytest.approx(1.0)
    assert scores.remarks == ["2 blank references"]


@pytest.mark.parametrize("texts", [None, [], ["  ", "."]])
def test_a_clip_without_references_is_refused(texts: list[str] | None) -> None:
    references = {clip: said for clip, said in REFERENCES.items() if clip != "toy/1"}
    if texts is not None:
        references["toy/1"] = texts
    with pytest.raises(UsageError, match=r"1 of 3 clips have no reference.*such as toy/1.*having"):
        score_captions(RIGHT, references)


def test_no_captions_are_refused() -> None:
    with pytest.raises(UsageError, match="nothing to score"):
        score_captions({}, REFERENCES)


def test_of_one_clip_there_is_no_interval_and_no_cider() -> None:
    scores = score_captions({"toy/0": "a person waves"}, {"toy/0": REFERENCES["toy/0"]})
    assert list(scores.metrics) == [*BLEU, "rouge_l"]
    assert all(score.interval is None for score in scores.metrics.values())
    assert "one clip only: no interval, no CIDEr" in scores.summarize()
    assert scores.to_json()["metrics"]["bleu_1"]["interval95"] is None


def test_order_of_clips_does_not_matter() -> None:
    backwards = dict(reversed(RIGHT.items()))
    one, other = ({**told, "toy/0": "a person sits"} for told in (RIGHT, backwards))
    assert list(one) != list(other)
    same = score_captions(one, REFERENCES).to_json()
    assert score_captions(other, REFERENCES).to_json() == same


def test_an_interval_holds_its_value() -> None:
    clips = [f"toy/{i}" for i in range(40)]
    references = {clip: [f"a person does the thing number {i % 7}"] for i, clip in enumerate(clips)}
    told = {clip: f"a person does a thing number {i % 5}" for i, clip in enumerate(clips)}
    for score in score_captions(told, references).metrics.values():
        assert score.interval is not None
        low, high = score.interval
        assert low < score.value < high


def test_json_says_how_each_was_measured() -> None:
    stored = json.loads(json.dumps(score_captions(RIGHT, REFERENCES).to_json()))
    assert (stored["clips"], stored["references"], stored["unanswered"]) == (3, 5, 0)
    hows = {name: metric["how"] for name, metric in stored["metrics"].items()}
    assert "sacrebleu nrefs:var|case:lc" in hows["bleu_4"]
    assert "rouge-score" in hows["rouge_l"]
    assert "CIDEr-D as in pycocoevalcap" in hows["cider"]
    assert all("13a" in how for how in hows.values())


def test_summary_has_three_metrics_with_intervals() -> None:
    summary = score_captions(RIGHT, REFERENCES).summarize()
    assert summary.startswith("BLEU-4 100.0% (95 %: 100.0% to 100.0%); ROUGE-L 100.0%")
    assert "CIDEr" in summary


def test_bertscore_without_its_package_or_weights_says_what_to_install() -> None:
    with pytest.raises(UsageError, match=r"skeletonllm\[bertscore\]|Fetch one"):
        score_captions(RIGHT, REFERENCES, bert=BertModel("/no/such/folder"))
