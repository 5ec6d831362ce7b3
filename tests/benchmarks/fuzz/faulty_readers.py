"""Readers that each do one thing no reader may, to see whether the fuzzer notices it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, Source
from skeletonllm.errors import SourceError

NUMBERS = Path("/proc/sys/kernel/pid_max")
"""A file that is there on every machine and that is no part of a mutant."""


class FaultyReader:
    """Lists the root; keeps the contract until it is given a mutant."""

    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    @property
    def name(self) -> str:
        return type(self).__name__.lower()

    def sources(self, root: str) -> list[Source]:
        return [Source(root, "all", 0)]

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        if "/mutant" in source.uri:
            yield from self.misbehave(source)
        raise SourceError("format", "this reader reads nothing")

    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        yield from ()


class Behaves(FaultyReader):
    pass


class Hangs(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        time.sleep(600)
        yield from ()


class Spins(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        start = time.process_time()
        while time.process_time() < start + 2.2:
            pass
        yield from ()


class Allocates(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        bytearray(1200 << 20)
        yield from ()


class Executes(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        os.system("true")
        yield from ()


class Evaluates(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        eval("1 + 1")
        yield from ()


class Stumbles(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        yield Reject(source.uri, "read", "format", str(1 // 0))


class Crashes(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        os.kill(os.getpid(), signal.SIGSEGV)
        yield from ()


class Leaves(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        raise SystemExit(0)
        yield from ()


class Writes(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        (Path(source.uri).parent.parent / "stray_file").write_text("was here")
        yield from ()


class Peeks(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        NUMBERS.read_text()
        yield from ()


class KeepsSilent(FaultyReader):
    def read(self, source: Source) -> Iterator[Clip | Reject]:
        yield from ()


class Mumbles(FaultyReader):
    def misbehave(self, source: Source) -> Iterator[Clip | Reject]:
        yield Reject(source.uri, "read", "whatever", " ")
