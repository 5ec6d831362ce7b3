"""Reads mutants as a user would, in a process of its own, and records what went wrong."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.fuzz import bombs
from benchmarks.fuzz.mocap_seeds import write_body_model
from benchmarks.fuzz.mutants import Mutant
from benchmarks.fuzz.seeds import load_seeds
from schemas import REJECT
from skeletonllm.clip import clips_to_table
from skeletonllm.corpora import Reader, Reject, Source, get_reader, read_clips, readers
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.kinect.ntu_scan import scan
from skeletonllm.corpora.rigs.body_model import VARIABLE
from skeletonllm.errors import REJECT_CODES, UsageError

MEMORY = 1 << 30
"""Most bytes that one mutant may allocate: the limit on the address space says so."""

SECONDS = 2.0
"""Most processor time that reading one mutant may take, and identifying it."""

SOURCES = 20
"""Sources of a mutant that are read."""

WARMING = 6
"""Seeds of a reader that are read before its mutants: each way through it is imported by one."""

_UNFORESEEN = re.compile(r"(\w+\.)*(\w*(Error|Exception|Warning|Iteration)|error): ")
"""The message of an exception that no reader foresaw, as read_clips puts it."""

_FORBIDDEN = re.compile(
    r"os\.(system|exec|posix_spawn|spawn|fork|forkpty|remove|rename|rmdir|mkdir|link|symlink|chmod"
    r"|chown|truncate|utime|kill|putenv)|subprocess\.|socket\.|shutil\.|ctypes\.|pty\.|exec$"
    r"|compile$|pickle\.find_class|tempfile\.|webbrowser|urllib|http|ftplib|smtplib"
)


@dataclass
class Outcome:
    """Outcome of reading a mutant.

    Args:
        read: Clips.
        codes: Codes of the rejects.
        listed: Whether the reader found anything of its format.
        cpu_s: Processor time of reading or of identifying, whichever was longer.
        memory_mb: Memory that came on top while it was read.
        findings: What should not have been, as sentences.
    """

    mutant: Mutant
    what: str = ""
    read: int = 0
    codes: list[str] = field(default_factory=list)
    listed: bool = False
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    findings: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


class AuditHook:
    """Records what the interpreter is asked to do while a mutant is read.

    Hooks cannot be taken away, so there is one a process.
    """

    def __init__(self, *homes_too: Path) -> None:
        self.folder: str | None = None
        self.events: list[str] = []
        homes = {
            sys.prefix,
            sys.base_prefix,
            str(Path(os.__file__).parent),
            str(Path.cwd()),
            *map(str, homes_too),
        }
        homes |= {os.path.realpath(home) for home in homes}
        self.homes = tuple(f"{home}/" for home in homes)
        sys.addaudithook(self.record)

    def record(self, event: str, args: tuple[Any, ...]) -> None:
        """Record what is forbidden, and files outside of the mutant.

        Args:
            event: As ``sys.addaudithook`` has it.
            args: Of the event.
        """
        if self.folder is None:
            return
        if event == "open":
            self._record_open(*args)
        elif _FORBIDDEN.match(event) and not self._is_import(event, args):
            self.events.append(f"{event} {str(args)[:100]}")

    def _is_import(self, event: str, args: tuple[Any, ...]) -> bool:
        """Modules are code objects of files that are installed."""
        file = getattr(args[0], "co_filename", "") if event == "exec" else ""
        return str(file).startswith((*self.homes, "<frozen"))

    def _record_open(self, path: Any, _mode: Any, flags: Any) -> None:
        if isinstance(path, int):
            return
        name = os.fsdecode(path)
        writes = bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        inside = f"{name}/".startswith(f"{self.folder}/") and "/../" not in name
        if writes or not (inside or name.startswith(self.homes)):
            self.events.append(f"{'writes' if writes else 'reads'} {name[:200]!r} outside of it")


def read_mutant(mutant: Mutant, place: Path, hook: AuditHook) -> Outcome:
    """Outcome of a mutant, which is built below a folder, read, and deleted.

    Args:
        mutant: What is read.
        place: The folder.
        hook: Of this process.
    """
    root, what = mutant.build(place)
    outcome = Outcome(mutant, what)
    reader = get_reader(mutant.corpus)
    for step in (lambda: _read(reader, str(root), outcome), lambda: identify_corpus(str(root))):
        _run_limited(step, str(place), hook, outcome)
    if bombs.locate_marker().exists():
        bombs.locate_marker().unlink()
        outcome.findings.append("code was executed")
    shutil.rmtree(place)
    return outcome


def _run_limited(step: Callable[[], object], place: str, hook: AuditHook, outcome: Outcome) -> None:
    """Take a step under a limit of memory, and record its time, its memory and its events."""
    before, _ = _measure_memory(reset=True)
    space = _measure_address_space() + MEMORY
    start = time.process_time()
    _limit_address_space(space)
    hook.folder, hook.events = place, []
    try:
        step()
    except UsageError:
        pass  # the user is told, as a sentence
    except MemoryError:
        outcome.findings.append(f"allocates more than {MEMORY >> 20} MB")
    except BaseException as error:
        outcome.findings.append(f"raises {type(error).__name__}: {str(error)[:200]}")
    finally:
        hook.folder = None
        _limit_address_space(resource.RLIM_INFINITY)
    spent = time.process_time() - start
    if spent > SECONDS:
        outcome.findings.append(f"takes {spent:.1f} s")
    outcome.findings += sorted(set(hook.events))[:5]
    outcome.cpu_s = max(outcome.cpu_s, spent)
    outcome.memory_mb = max(outcome.memory_mb, (_measure_memory()[1] - before) / (1 << 20))


def _read(reader: Reader, root: str, outcome: Outcome) -> None:
    sources = reader.sources(root)
    outcome.listed = True
    for source in sources[:SOURCES]:
        clips, rejects = read_clips(reader, source)
        outcome.read += len(clips)
        outcome.codes += [reject.code for reject in rejects]
        outcome.messages += [f"{reject.code}: {reject.message}" for reject in rejects]
        if not clips and not rejects:
            outcome.findings.append("neither a clip nor a reject")
        for reject in rejects:
            outcome.findings += _check_reject(reject, source)
        if rejects:
            columns = [[getattr(r, name) for r in rejects] for name in REJECT.arrow.names]
            table = [pa.array(c, f.type) for c, f in zip(columns, REJECT.arrow, strict=True)]
            outcome.findings += REJECT.faults(pa.Table.from_arrays(table, schema=REJECT.arrow))
        if clips:
            clips_to_table(clips)


def _check_reject(reject: Reject, source: Source) -> list[str]:
    """Faults of a reject itself, as sentences."""
    faults = []
    if reject.code not in REJECT_CODES:
        faults.append(f"unknown code {reject.code!r}")
    if not reject.message.strip():
        faults.append("a reject without a message")
    if len(reject.message) > 4000:
        faults.append(f"a message of {len(reject.message)} characters")
    if _UNFORESEEN.match(reject.message) and reject.code != "unreadable":
        faults.append(f"an unforeseen error: {reject.message[:200]}")
    if not reject.source_uri.startswith(source.uri):
        faults.append(f"a reject of another source, {reject.source_uri[:80]!r}")
    return faults


def _measure_address_space() -> int:
    """Bytes of address space that are taken."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _measure_memory(reset: bool = False) -> tuple[int, int]:
    """Bytes held now, and at most since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().split("\n")
    facts = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith("kB")}
    return int(facts["VmRSS"]) << 10, int(facts["VmHWM"]) << 10


def _limit_address_space(space: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (space, resource.RLIM_INFINITY))


def serve_mutants(pipe: Connection, folder: str, corpora: list[str]) -> None:
    """Read the mutants that come through a pipe until None does.

    Args:
        pipe: Gives mutants, takes outcomes.
        folder: To work in.
        corpora: Readers that are warmed up first.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error")
    pa.set_cpu_count(1)
    models = Path(folder) / "models"
    write_body_model(models)
    os.environ[VARIABLE] = str(models)
    hook = AuditHook(models)
    scan(*load_seeds("ntu_rgbd")[0].values())  # a reader loads and compiles it after many bytes
    _read_seeds(Path(folder), corpora)
    pipe.send("ready")
    while (mutant := pipe.recv()) is not None:
        pipe.send(read_mutant(mutant, Path(folder) / "mutant", hook))


def _read_seeds(folder: Path, corpora: list[str]) -> None:
    """Everything that is imported or made at a first reading, so that it counts for no mutant."""
    for corpus in [name for name in corpora if name in readers()] or ["ntu_rgbd"]:
        for i, files in enumerate(load_seeds(corpus)[:WARMING]):
            root = folder / "seed"
            for name, data in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(data)
            with contextlib.suppress(UsageError):
                _read(get_reader(corpus), str(root), Outcome(Mutant(0, 0, corpus)))
                identify_corpus(str(root)) if i == 0 else None
            shutil.rmtree(root)
