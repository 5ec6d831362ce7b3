from __future__ import annotations

import pytest

from skeletonllm.corpora.toolkit.labels import actions, look_up_label, names
from skeletonllm.errors import SourceError


def test_ntu_has_120_distinct_actions_in_order() -> None:
    assert len(set(names("ntu"))) == 120
    assert list(actions("ntu")) == list(range(1, 121))
    assert look_up_label("ntu", 1) == ("drink water", 0)
    assert look_up_label("ntu", 120) == ("rock-paper-scissors", 119)


def test_nw_ucla_ids_are_positions_among_the_numbers_that_exist() -> None:
    assert list(actions("nw_ucla")) == [1, 2, 3, 4, 5, 6, 8, 9, 11, 12]
    assert look_up_label("nw_ucla", 6) == ("stand up", 5)
    assert look_up_label("nw_ucla", 8) == ("donning", 6)
    assert look_up_label("nw_ucla", 12) == ("carry", 9)


def test_numbers_that_do_not_exist_are_refused() -> None:
    with pytest.raises(SourceError, match="action number 7; expected 1, 2, 3, 4, 5, 6, 8, 9"):
        look_up_label("nw_ucla", 7)
    with pytest.raises(SourceError, match="action number 121; expected 1 to 120"):
        look_up_label("ntu", 121)
