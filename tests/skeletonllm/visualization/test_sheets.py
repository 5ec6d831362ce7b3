"""Contact sheets."""

from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.errors import RenderError
from skeletonllm.visualization.sheets import CAPTION_HEIGHT, make_contact_sheet, to_uint8


def test_to_uint8_rounds_and_clips() -> None:
    values = np.array([-0.1, 0.0, 0.4999 / 255, 0.501 / 255, 1.0, 1.2], dtype=np.float32)
    assert to_uint8(values).tolist() == [0, 0, 0, 1, 255, 255]


def test_contact_sheet_holds_every_frame_under_its_caption() -> None:
    rows = [np.full((2, 3, 8, 8), 0.2, np.float32), np.full((3, 3, 10, 10), 1.0, np.float32)]
    sheet = np.asarray(make_contact_sheet(rows, ["waving", "kicking"]))
    assert int((sheet == 255).all(-1).sum()) == 300
    assert int((sheet == 51).all(-1).sum()) == 128
    assert sheet[:18].max() > 100


def test_contact_sheet_names_its_columns() -> None:
    row = np.zeros((2, 3, 60, 60), np.float32)
    plain, headed = make_contact_sheet([row]), make_contact_sheet([row], columns=["one", "two"])
    assert headed.size == (plain.width, plain.height + CAPTION_HEIGHT)
    top = np.asarray(headed)[:CAPTION_HEIGHT]
    assert top[:, :60].max() > 100
    assert top[:, 68:].max() > 100


def test_contact_sheet_needs_a_caption_a_row_or_none() -> None:
    row = np.zeros((1, 3, 4, 4), np.float32)
    assert make_contact_sheet([row]).size == (12, 12)
    with pytest.raises(RenderError, match="1 captions for 2 rows; expected one each"):
        make_contact_sheet([row, row], ["one"])
    with pytest.raises(RenderError):
        make_contact_sheet([])
