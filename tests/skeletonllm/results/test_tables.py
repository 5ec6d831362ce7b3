"""The tables of a paper: published numbers stand beside ours, and what nobody ran stays empty."""

from __future__ import annotations

from dataclasses import replace

from skeletonllm.evaluation import get_protocol, list_protocols
from skeletonllm.results.evaluations import Evaluated
from skeletonllm.results.tables import Table, make_tables, read_published, write_markdown

SCORES = {
    "top1": 0.8,
    "clips": 100,
    "shuffled_names": {"p95": 0.25},
    "scorings": {"blind": 0.1},
    "by_subject": {"interval95": [0.7, 0.9]},
    "leak_free": {"top1": 0.75},
}
CHANGED = {name: {"top1": top1} for name, top1 in (("noise_cm=10", 0.2), ("noise_cm=2", 0.7))}
OURS = Evaluated(
    "a",
    "small",
    "nw_ucla/8-2",
    "naming",
    "nw_ucla",
    SCORES,
    {"exchanged": {"top1": 0.02}, **CHANGED},
)


def find(title: str, *evaluated: Evaluated) -> Table:
    (table,) = [t for t in make_tables(evaluated) if t.title.startswith(title)]
    return table


def test_ours_stand_with_every_control() -> None:
    rows = [r for r in find("Zero-shot", OURS).rows if r[0] == "nw_ucla/8-2"]
    assert rows == [
        ("nw_ucla/8-2", "small", "80.0% (70.0% to 90.0%)", "75.0%", "2.0%", "10.0%", "25.0%", "100")
    ]


def test_protocols_that_nobody_ran_keep_their_rows() -> None:
    table = find("Zero-shot", OURS)
    (row,) = [r for r in table.rows if r[:2] == ("ntu60/55-5", "ours")]
    assert set(row[2:]) == {""}
    (published,) = [r for r in table.rows if r[:2] == ("ntu60/55-5", "SkeletonLLM (published)")]
    assert published[2] == "87.37%"


def test_conditions_are_sorted_by_how_far_they_go() -> None:
    table = find("Robustness", OURS)
    assert table.rows == (("own", "80.0%"), ("noise_cm=2", "70.0%"), ("noise_cm=10", "20.0%"))


def test_another_corpus_stands_beside_what_was_trained() -> None:
    other = replace(OURS, judged="other_corpora", namespace="utd_mhad", trained=("nw_ucla",))
    assert find("Across formats", other).rows[-1][:3] == ("nw_ucla", "utd_mhad", "small")
    assert not [r for r in find("Supervised", other).rows if r[1] == "small"]


def test_generalized_results_are_not_mixed_with_plain_ones() -> None:
    both = {"seen": 0.9, "unseen": 0.3, "harmonic": 0.45}
    wide = replace(OURS, judged="nw_ucla/8-2, generalized", scores={**SCORES, "generalized": both})
    assert find("Generalized", wide).rows == (("nw_ucla/8-2", "small", "90.0%", "30.0%", "45.0%"),)
    assert not [r for r in find("Zero-shot", wide).rows if r[1] == "small"]


def test_texts_and_questions_have_tables_of_their_own() -> None:
    losses = {"loss": 2.0, "loss_exchanged": 2.5, "gain": 0.5, "gain_half_width95": 0.1, "clips": 7}
    steps = {"written": {"top1": 0.5, "steps": {"true_steps": 0.6}}}
    other = {"exchanged": {"written": {"steps": {"true_steps": 0.3}}}}
    told = Evaluated("b", "small", "training", "rationale", "lab", {**losses, **steps}, other)
    (row,) = find("Texts", told).rows
    assert row[2:] == ("2.000", "2.500", "0.500 +- 0.100", "50.0%", "60.0%, 30.0%", "", "7")
    kinds = {"side": {"top1": 0.9, "blind": 0.5, "chance": 0.5, "clips": 40}}
    asked = replace(told, task="question", scores={"same": 0.9, "clips": 40, "by_kind": kinds})
    assert find("Questions", asked).rows == (("side", "small", "90.0%", "50.0%", "50.0%", "40"),)


def test_every_published_protocol_is_one_of_ours_and_has_its_source() -> None:
    published = read_published()
    zero_shot = published["zero_shot"]
    assert {p["protocol"] for p in zero_shot} <= set(list_protocols())
    assert all(get_protocol(p["protocol"]).train.unseen for p in zero_shot)
    assert {p["method"] for p in zero_shot} <= set(published["methods"])
    assert all(0 < p["top1"] < 1 for p in [*zero_shot, *published["cross_format"]])


def test_a_page_is_markdown_with_as_many_cells_as_heads() -> None:
    page = write_markdown(make_tables([OURS]), [OURS])
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert lines
    for table in make_tables([OURS]):
        assert {len(row) for row in table.rows} == {len(table.columns)}
    assert "- PURLS: " in page
