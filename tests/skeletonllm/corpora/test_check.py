from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, Source, check_reader
from skeletonllm.corpora.kinect.ntu_rgbd import NtuReader
from skeletonllm.corpora.kinect.nw_ucla import NwUclaReader

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def root(write: Write, tmp_path: Path) -> str:
    """Two NW-UCLA files."""
    skeletons = (np.arange(180).reshape(3, 20, 3) / 100).tolist()
    for name in ("a01_s01_e00_v01", "a02_s01_e00_v01"):
        write(f"{name}.json", json.dumps({"file_name": name, "skeletons": skeletons, "label": 1}))
    return str(tmp_path)


class Changed(NwUclaReader):
    """The NW-UCLA reader with one thing wrong."""

    def __init__(
        self,
        clip: Callable[[Clip], Clip] = lambda clip: clip,
        sources: Callable[[list[Source]], list[Source]] = lambda sources: sources,
    ) -> None:
        self.clip, self.change = clip, sources

    def sources(self, root: str) -> list[Source]:
        return self.change(super().sources(root))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        for item in super().read(source):
            yield self.clip(item) if isinstance(item, Clip) else item


def test_good_readers_have_no_faults(
    root: str, write: Write, tmp_path: Path, ntu_text: Callable[..., str], ntu_rows: Callable
) -> None:
    assert check_reader(NwUclaReader(), root) == []
    write("ntu/S001C001P001R001A001.skeleton", ntu_text([[("1", ntu_rows())]] * 3))
    assert check_reader(NtuReader(), str(tmp_path / "ntu")) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda c: replace(c, clip_id="ours/1"), "the id does not start with nw_ucla/a01_s01"),
        (lambda c: replace(c, corpus="ours"), "corpus 'ours', expected 'nw_ucla'"),
        (lambda c: replace(c, licence="mit"), "licence 'mit', expected 'nw_ucla'"),
        (lambda c: replace(c, label_namespace="ours"), "label namespace 'ours', expected one of"),
        (lambda c: replace(c, label_id=99), "is not class 99 of nw_ucla"),
        (lambda c: replace(c, label="nap"), "label 'nap' is not class 0 of nw_ucla"),
        (lambda c: replace(c, label=None), "rule 'label, label_id and namespace together' broken"),
        (lambda c: replace(c, frame_index=(2, 1, 0)), "frame_index does not ascend"),
        (lambda c: replace(c, frame_index=(0, 1)), "rule 'frame_index is [T]' broken"),
        (lambda c: replace(c, source_sha256="?"), "source_sha256"),
        (lambda c: replace(c, motion=c.motion.select_persons([0, 0])), "person_ids is [P]"),
    ],
)
def test_wrong_clips_are_named(root: str, change: Callable[[Clip], Clip], fault: str) -> None:
    faults = check_reader(Changed(clip=change), root)
    assert any(fault in text for text in faults), faults


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda sources: sources[::-1], "sources are not sorted by source_id, then uri"),
        (lambda sources: [sources[0]] * 2, "source id a01_s01_e00_v01 2 times"),
        (lambda sources: [sources[0]] * 2, "clip id nw_ucla/a01_s01_e00_v01 2 times"),
        (lambda sources: [replace(sources[0], fault="odd")], "unknown fault 'odd' of source"),
    ],
)
def test_wrong_listings_are_named(
    root: str, change: Callable[[list[Source]], list[Source]], fault: str
) -> None:
    faults = check_reader(Changed(sources=change), root)
    assert any(fault in text for text in faults), faults


def test_a_reader_that_differs_from_read_to_read(root: str) -> None:
    count = iter(range(1000))
    reader = Changed(clip=lambda clip: replace(clip, subject=str(next(count))))
    assert any("reading twice differs" in text for text in check_reader(reader, root))


def test_a_reader_that_loses_files(root: str) -> None:
    class Silent(NwUclaReader):
        def read(self, source: Source) -> Iterator[Clip | Reject]:
            return iter(())

    assert any("neither a clip nor a reject" in text for text in check_reader(Silent(), root))


def test_a_reader_that_trusts_its_files(root: str) -> None:
    class Trusting(NwUclaReader):
        licence = "nobody's"

        def sources(self, root: str) -> list[Source]:
            return [Source(str(p), p.stem, 1) for p in sorted(Path(root).glob("*.json"))]

        def read(self, source: Source) -> Iterator[Clip | Reject]:
            json.loads(Path(source.uri).read_bytes())
            return super().read(source)

    faults = check_reader(Trusting(), root)
    assert 'licence "nobody\'s" is not registered (see skeletonllm.licences)' in faults
    assert "a root that does not exist is listed without an error" in faults
    for what in ("emptied", "cut in half", "of noise"):
        assert any(text.startswith(f"a file {what} raises") for text in faults), faults
    assert any("folder named like a file raises IsADirectoryError" in text for text in faults)
