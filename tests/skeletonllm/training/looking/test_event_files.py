from __future__ import annotations

from pathlib import Path

import pytest
from tensorboardX.record_writer import RecordWriter
from tensorboardX.summary import scalar

from skeletonllm.errors import SourceError
from skeletonllm.training.looking.event_files import (
    decode_events,
    encode_start,
    encode_summary,
    name_file,
    read_first_step,
)


def test_events_are_framed_as_the_writer_of_tensorboardx_frames_them(tmp_path: Path) -> None:
    data = encode_summary(7, scalar("loss", 0.5))
    writer = RecordWriter(str(tmp_path / "theirs"))
    writer.write(next(decode_events(data)).SerializeToString())
    writer.close()
    assert (tmp_path / "theirs").read_bytes() == data


def test_a_half_record_at_the_end_is_skipped() -> None:
    data = encode_start() + encode_summary(1, scalar("loss", 1.0))
    whole = data + encode_summary(2, scalar("loss", 2.0))
    for end in (len(data), len(data) + 5, len(whole) - 1):
        assert [event.step for event in decode_events(whole[:end])] == [0, 1]
    assert [event.step for event in decode_events(whole)] == [0, 1, 2]


@pytest.mark.parametrize("at", [2, 9, 20])
def test_a_changed_byte_is_found(at: int) -> None:
    data = bytearray(encode_summary(1, scalar("loss", 1.0)))
    data[at] ^= 1
    with pytest.raises(SourceError, match="checksum"):
        list(decode_events(bytes(data)))


def test_names_stand_in_order_of_steps_and_tell_them() -> None:
    names = [name_file(step) for step in (1, 20, 3_000_000)]
    assert names == sorted(names)
    assert [read_first_step(name) for name in names] == [1, 20, 3_000_000]
    assert read_first_step("events.out.tfevents.1700000000.host") is None
    assert read_first_step("metrics.jsonl") is None
