"""Whatever is measured is described, and whatever can be said is measured."""

from __future__ import annotations

from pathlib import Path

from schemas.rationale import MOTIONS
from skeletonllm.rationales.verify.kinds.registry import KINDS

PAGE = Path(__file__).parents[4] / "docs" / "CLAIMS.md"


def list_documented() -> set[str]:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return {kind.strip() for row in rows for kind in row.split("|")[1].split(",")}


def test_every_kind_of_claim_has_a_row() -> None:
    assert set(KINDS) <= list_documented()


def test_every_motion_that_can_be_told_is_measured() -> None:
    assert set(MOTIONS) - {"other"} == set(KINDS)
