from __future__ import annotations

import io
import uuid
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from skeletonllm.storage import join, list_files, read_bytes
from skeletonllm.training.looking import TensorBoardLog
from skeletonllm.training.looking.event_files import decode_events


@pytest.fixture(params=["local", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "local" else f"memory://{uuid.uuid4().hex}"


def read_points(folder: str) -> list[tuple[int, str, float]]:
    """(step, name, value) of all files, in the order in which TensorBoard reads them."""
    events = [e for n in list_files(folder) for e in decode_events(read_bytes(join(folder, n)))]
    return [(e.step, v.tag, v.simple_value) for e in events for v in e.summary.value]


def run(folder: str, first: int, last: int, save_every: int, done: int = 0) -> TensorBoardLog:
    log = TensorBoardLog(folder, done)
    for step in range(first, last + 1):
        log.add(step, {"loss/recognition": 1 / step, "rate": 0.5})
        if step % save_every == 0:
            log.save()
    return log


def test_what_is_added_can_be_read_back(folder: str) -> None:
    run(folder, 1, 4, save_every=2)
    points = read_points(folder)
    assert [step for step, name, _ in points if name == "rate"] == [1, 2, 3, 4]
    losses = [value for _, name, value in points if name == "loss/recognition"]
    assert losses == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


def test_after_a_kill_and_a_resume_no_step_stands_twice(folder: str) -> None:
    run(folder, 1, 9, save_every=4)  # killed at 9, saved at 8
    run(folder, 9, 10, save_every=2, done=8)
    assert [step for step, name, _ in read_points(folder) if name == "rate"] == list(range(1, 11))


def test_a_checkpoint_that_never_became_whole_is_dropped(folder: str) -> None:
    run(folder, 1, 8, save_every=4)  # the log of 5..8 was saved, and then the checkpoint was not
    run(folder, 5, 8, save_every=4, done=4)
    assert [step for step, name, _ in read_points(folder) if name == "rate"] == list(range(1, 9))


def test_a_run_without_checkpoint_starts_again(folder: str) -> None:
    run(folder, 1, 4, save_every=2)
    run(folder, 1, 2, save_every=2)
    assert [step for step, name, _ in read_points(folder) if name == "rate"] == [1, 2]


def test_files_of_others_stay(tmp_path: Path) -> None:
    other = tmp_path / "events.out.tfevents.1700000000.host"
    other.write_bytes(b"")
    TensorBoardLog(str(tmp_path))
    assert other.exists()


def test_a_local_step_is_seen_before_it_is_saved(tmp_path: Path) -> None:
    log = TensorBoardLog(str(tmp_path))
    log.add(1, {"loss": 1.0})
    assert read_points(str(tmp_path)) == [(1, "loss", 1.0)]


def test_a_value_that_is_no_number_leaves_a_gap(folder: str) -> None:
    log = TensorBoardLog(folder)
    log.add(1, {"loss": float("nan"), "accuracy": 0.5})
    log.add(2, {"loss": float("inf")})
    log.save()
    assert read_points(folder) == [(1, "accuracy", 0.5)]


def test_a_picture_is_kept_to_the_byte(folder: str) -> None:
    picture = torch.rand(3, 4, 6, requires_grad=True)
    log = TensorBoardLog(folder)
    log.add_pictures(3, {"clips/wave": picture})
    log.save()
    data = read_bytes(join(folder, list_files(folder)[0]))
    value = list(decode_events(data))[1].summary.value[0]
    shown = np.asarray(Image.open(io.BytesIO(value.image.encoded_image_string)))
    assert value.tag == "clips/wave"
    assert (value.image.width, value.image.height) == (6, 4)
    expected = (picture.detach() * 255).round().byte().permute(1, 2, 0)
    assert np.array_equal(shown, expected.numpy())
