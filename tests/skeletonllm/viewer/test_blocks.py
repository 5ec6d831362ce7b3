from __future__ import annotations

import io
import json
import zlib

import pytest

from skeletonllm.viewer.blocks import (
    MOTIONS_IN_BLOCK,
    TEXTS_IN_BLOCK,
    BlockWriter,
    join_motions,
    to_json_bytes,
    write_element,
)
from tests.skeletonllm.viewer.page_reader import Page, split_motions


def test_motions_of_a_block_come_apart_again() -> None:
    motions = [b"", b"abc", b"d" * 500]
    block = join_motions(motions)
    assert int.from_bytes(block[:4], "little") == 3
    assert int.from_bytes(block[4:8], "little") == 4 * 5
    assert split_motions(block) == motions


def test_every_row_is_in_the_block_that_its_number_says() -> None:
    written: dict[str, bytes] = {}
    writer = BlockWriter(written.__setitem__)
    for row in range(300):
        writer.add({"row": row}, str(row).encode())
    writer.finish()
    opened = {name: zlib.decompress(data, -15) for name, data in written.items()}
    assert (writer.texts_blocks, writer.motions_blocks) == (3, 5)
    for row in (0, 127, 128, 299):
        texts = json.loads(opened[f"texts-{row // TEXTS_IN_BLOCK}"])
        assert texts[row % TEXTS_IN_BLOCK] == {"row": row}
        motions = split_motions(opened[f"motions-{row // MOTIONS_IN_BLOCK}"])
        assert motions[row % MOTIONS_IN_BLOCK] == str(row).encode()


def test_nothing_written_is_no_block() -> None:
    writer = BlockWriter(lambda name, _: pytest.fail(name))
    writer.finish()
    assert (writer.texts_blocks, writer.motions_blocks) == (0, 0)


def test_an_element_holds_its_block_as_text() -> None:
    file = io.BytesIO()
    write_element(file, "rows", zlib.compress(b"{}", 6)[2:-4])
    assert Page(file.getvalue().decode()).block("rows") == b"{}"


def test_half_of_a_letter_is_written_as_a_question_mark() -> None:
    assert to_json_bytes("\ud800") == b'"?"'
    with pytest.raises(ValueError, match="JSON"):
        to_json_bytes(float("nan"))
