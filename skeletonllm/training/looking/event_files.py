"""Event files of TensorBoard, as bytes: each event framed as a TFRecord, its step within.

TensorBoard's own writer names a file by the second it was made in, and cannot take back what a
killed run wrote. Here a file is named by its first step, so that it can be dropped by name. The
protobufs and the checksum are tensorboardX's.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator

from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import masked_crc32c

from skeletonllm.errors import SourceError

PREFIX = "events.out.tfevents."
"""TensorBoard takes a file for its own by this name, and reads the files of a folder by name."""

_HEAD, _TAIL = struct.Struct("<QI"), struct.Struct("<I")  # length and its checksum; data's checksum


def name_file(step: int) -> str:
    """Name of the file whose first step is ``step``: by name, files stand in order of steps."""
    return f"{PREFIX}{step:012d}"


def read_first_step(name: str) -> int | None:
    """The step in the name of one of our event files; None for any other name."""
    digits = name.removeprefix(PREFIX)
    return int(digits) if name.startswith(PREFIX) and digits.isdecimal() else None


def encode_start() -> bytes:
    """What every event file begins with: the version of its format."""
    return _frame(Event(wall_time=time.time(), file_version="brain.Event:2"))


def encode_summary(step: int, summary: Summary) -> bytes:
    """One event.

    Args:
        step: That the summary is of.
        summary: Values, as :mod:`tensorboardX.summary` makes them.
    """
    return _frame(Event(wall_time=time.time(), step=step, summary=summary))


def decode_events(data: bytes) -> Iterator[Event]:
    """The events of a file, in order; a record that a killed process left half is not there.

    Args:
        data: All of the file's bytes.

    Raises:
        SourceError: A checksum does not fit.
    """
    at = 0
    while at + _HEAD.size <= len(data):
        length, check = _HEAD.unpack_from(data, at)
        begin, end = at + _HEAD.size, at + _HEAD.size + length
        if check != masked_crc32c(data[at : at + 8]):
            raise SourceError("damaged", f"the length at byte {at} has another checksum")
        if end + _TAIL.size > len(data):
            return
        if _TAIL.unpack_from(data, end)[0] != masked_crc32c(data[begin:end]):
            raise SourceError("damaged", f"the event at byte {at} has another checksum")
        yield Event.FromString(data[begin:end])
        at = end + _TAIL.size


def _frame(event: Event) -> bytes:
    data: bytes = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    head = length + _TAIL.pack(masked_crc32c(length))
    return head + data + _TAIL.pack(masked_crc32c(data))
