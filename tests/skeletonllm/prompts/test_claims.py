"""The words a teacher is told are the words that can be checked."""

from __future__ import annotations

import pytest

from schemas.rationale import DIRECTIONS, MOTIONS, SIDES
from skeletonllm.prompts.claims import (
    CLAIM_WORDS,
    LEVEL_TARGETS,
    MEASURED_PARTS,
    MOTION_MEANINGS,
    OWN_TARGETS,
    SOMEBODY,
)
from skeletonllm.rationales.verify import claims


def test_every_motion_is_explained() -> None:
    assert tuple(MOTION_MEANINGS) == MOTIONS


@pytest.mark.parametrize("word", [*SIDES, *DIRECTIONS, *MEASURED_PARTS, *OWN_TARGETS])
def test_every_word_is_in_the_text(word: str) -> None:
    assert word in CLAIM_WORDS


@pytest.mark.parametrize("part", MEASURED_PARTS)
def test_every_part_can_be_measured(part: str) -> None:
    assert claims.find_height_point(part) or claims.find_hinge(part)


def test_every_target_is_known() -> None:
    assert all(claims.find_own_points(target) for target in OWN_TARGETS)
    assert all(claims.find_level(target) is not None for target in LEVEL_TARGETS)
    assert claims.is_other_person(SOMEBODY)
    assert len(claims.find_other_points("other person's head")) == 1
