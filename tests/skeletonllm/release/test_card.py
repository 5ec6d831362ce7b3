from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from skeletonllm.release.card import format_duration, make_markdown_table


def front_matter(release: Path) -> dict[str, Any]:
    _, head, _ = (release / "README.md").read_text().split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(head)
    return found


def test_front_matter_is_what_the_hub_reads(pristine: Path) -> None:
    head = front_matter(pristine)
    assert head["license"] == "other"  # two licences: the file says which
    assert head["license_link"] == "licences.json"
    assert head["size_categories"] == ["n<1K"]
    assert head["configs"] == [{"config_name": "default", "data_files": "shards/*.tar"}]
    assert head["pretty_name"] == "toy 1.0.0"


def test_says_what_how_much_whose_and_from_where(pristine: Path) -> None:
    text = (pristine / "README.md").read_text()
    assert "11 clips of human motion" in text
    assert "| toy | hand waving | 4 |" in text
    assert "| nw_ucla | 3 | no | https://wangjiangb.github.io/my_data.html |" in text
    assert "Rationales by: kinematic; 120 tokens, 2.00 USD." in text
    assert "| beta | 3 | `" in text


def test_cells_cannot_break_out_of_their_table() -> None:
    lines = make_markdown_table(("a", "b"), [("x|y", "<script>\n# title")]).splitlines()
    assert lines == ["| a | b |", "| --- | --- |", r"| x\|y | &lt;script> # title |"]


def test_duration_has_a_unit_one_can_read() -> None:
    assert (format_duration(0), format_duration(90), format_duration(3600)) == (
        "0.0 min",
        "1.5 min",
        "1.0 h",
    )


def test_says_that_all_labelled_clips_were_mined_and_asked_about(pristine: Path) -> None:
    text = (pristine / "README.md").read_text()
    told = "all labelled clips, those of test parts as well"
    assert f"| negatives | {told} | - | 6 |" in text
    assert f"| rationales | {told} | - | 8 |" in text
