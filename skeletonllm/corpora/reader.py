"""The contract of a corpus reader, and the registry of readers.

A reader knows one on-disk format. It lists sources without opening them, and reads one source at a
time into clips; what it cannot read becomes a :class:`Reject`, never a crash and never silence.
A new reader is one new file, and one line in ``skeletonllm/corpora/__init__.py``; a lab's own
package names its readers under the entry point group :data:`GROUP`, as ``name = "module:Class"``.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points, packages_distributions, version
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from skeletonllm.errors import SourceError, UsageError
from skeletonllm.rejects import READ, Reject
from skeletonllm.version import name_version

__all__ = [
    "GROUP",
    "Reader",
    "Reject",
    "Source",
    "describe_reader",
    "get_reader",
    "read_clips",
    "readers",
    "register_reader",
    "resolve_corpus",
]

if TYPE_CHECKING:
    from skeletonllm.clip import Clip

GROUP = "skeletonllm.readers"
"""Entry points by which other packages add readers; they are loaded when they are asked for."""


@dataclass(frozen=True)
class Source:
    """One raw file.

    Args:
        uri: Path or URL, as reached from the root that was listed.
        source_id: Its name within the corpus, see :func:`skeletonllm.corpora.files.source_id`;
            ``<corpus>/<source_id>`` starts its clip ids.
        size: Bytes, 0 where it is no file.
        fault: Reject code of what the listing already knows to be wrong, else empty.
        image_size: Width and height of its pictures in pixels, as the user states them; a file
            that states its own is believed.
    """

    uri: str
    source_id: str
    size: int
    fault: str = ""
    image_size: tuple[int, int] | None = None


@runtime_checkable
class Reader(Protocol):
    """One on-disk format.

    Attributes:
        name: The corpus: first part of its clip ids, and what ``--corpus`` takes.
        licence: Id of the terms its clips carry, see :mod:`skeletonllm.licences`.
        label_names: Class names in the order of ``label_id``, by namespace; an empty tuple
            declares an open namespace, whose names come with the files.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above

    @property
    def licence(self) -> str: ...  # noqa: D102

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]: ...  # noqa: D102

    def sources(self, root: str) -> list[Source]:
        """What lies below ``root`` (a file or a folder), sorted, without opening anything.

        Raises:
            UsageError: There is no such root, or nothing of this format in it.
        """
        ...

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The clips of one source, and a reject for each part of it that is bad.

        Raises:
            SourceError: Nothing of the file can be read.
        """
        ...


def read_clips(reader: Reader, source: Source) -> tuple[list[Clip], list[Reject]]:
    """Read one source; every error becomes a reject, and impossible bodies are not metric.

    Only running out of memory and interrupts pass through, since they say nothing about the file.

    Args:
        reader: Whose format it is.
        source: One of its sources.

    Example:
        >>> reader = get_reader("ntu_rgbd")  # doctest: +SKIP
        >>> for source in reader.sources("nturgb+d_skeletons"):  # doctest: +SKIP
        ...     clips, rejects = read_clips(reader, source)
    """
    from skeletonllm.corpora.toolkit.physique import doubt_unit  # noqa: PLC0415 - numpy: not at the door

    clips: list[Clip] = []
    rejects: list[Reject] = []
    try:
        for item in reader.read(source):
            if isinstance(item, Reject):
                rejects.append(item)
            else:
                clips.append(doubt_unit(item))
    except SourceError as error:
        rejects.append(Reject.of(source.uri, error))
    except MemoryError:
        raise
    except Exception as error:
        rejects.append(Reject(source.uri, READ, "format", f"{type(error).__name__}: {error}"))
    return clips, rejects


OLD_NAMES = {"pose2d": "pyskl"}
"""Names of corpora that were changed: they work for one version more, with a sentence."""

_log = logging.getLogger(__name__)

_READERS: dict[str, Reader] = {}
"""Readers that were registered or asked for."""

_DECLARED: dict[str, tuple[str, dict[str, Any]]] = {}
"""Our own readers by name: ``module:Class``, and what the class takes."""


def declare_reader(name: str, place: str, **options: Any) -> None:
    """Name one of our own readers; its module is imported when the reader is asked for.

    Args:
        name: Its corpus, as the reader has it.
        place: ``module:Class``.
        options: What the class takes.
    """
    _DECLARED[name] = place, options


def describe_reader(reader: Reader) -> dict[str, str | None]:
    """Which reader it is, for the lineage: its class, and the package it comes from.

    ``version`` is its own, where it states one; of the others the package says it.
    """
    kind = type(reader)
    own = getattr(reader, "version", None)
    return {
        "name": reader.name,
        "class": f"{kind.__module__}:{kind.__qualname__}",
        "package": _name_package(kind.__module__.partition(".")[0]),
        "version": None if own is None else str(own),
    }


def _name_package(module: str) -> str | None:
    """``<name> <version>`` of the installed package; None for a module on the path alone."""
    if module == __name__.partition(".")[0]:
        return name_version()
    names = sorted(set(packages_distributions().get(module, ())))
    return ", ".join(f"{name} {version(name)}" for name in names) or None


def register_reader(reader: Reader) -> Reader:
    """Add a reader, so that ``get_reader`` and ``--corpus`` know it.

    Raises:
        UsageError: Another reader has this name.
    """
    known = get_reader(reader.name) if _is_known(reader.name) else reader
    if type(known) is not type(reader):
        raise UsageError(
            f"the reader {type(known).__name__} has this name already",
            where=f"corpus {reader.name}",
            hint="Choose another name.",
        )
    return _READERS.setdefault(reader.name, reader)


def _is_known(name: str) -> bool:
    return name in _READERS or name in _DECLARED


def reader_names() -> tuple[str, ...]:
    """Names of all readers, sorted; nothing is loaded, so one of another package may be broken."""
    return tuple(sorted({*_DECLARED, *_READERS, *_plugins()}))


def readers() -> dict[str, Reader]:
    """All readers by name, sorted; of other packages, those that load.

    A broken one is left out, so that it does not take the others with it; :func:`get_reader` says
    what is wrong with it.
    """
    found: dict[str, Reader] = {}
    for name in reader_names():
        with contextlib.suppress(UsageError):
            found[name] = get_reader(name)
    return found


def resolve_corpus(name: str) -> str:
    """What ``--corpus`` names today, of a reader that loads; an old name is said in the log.

    Jobs ask once and hand on the answer: no manifest bears an old name, and no worker repeats the
    sentence.

    Raises:
        UsageError: As of :func:`get_reader`.
    """
    new = _current_name(name)
    get_reader(new)
    return new


def _current_name(name: str) -> str:
    if name not in OLD_NAMES:
        return name
    new = OLD_NAMES[name]
    _log.warning("corpus %s is called %s now: use --corpus %s", name, new, new)
    return new


def get_reader(name: str) -> Reader:
    """Reader by name, or by ``module:Class`` for one of your own.

    Raises:
        UsageError: The name is unknown (the message lists the known ones), there is no such
            class, or another package's reader of this name is broken.

    Example:
        >>> get_reader("examples.own_corpus:CsvReader").name  # doctest: +SKIP
        'lab'
    """
    if ":" in name:
        return _import_reader(name)
    name = _current_name(name)
    if name in _READERS:
        return _READERS[name]
    if name in _DECLARED:
        return _declared(name)
    if name in _plugins():
        return _plugin(name)
    raise UsageError(
        f"unknown corpus {name!r}",
        expected=f"one of {', '.join(reader_names())}, or module:Class of your own",
    )


def _declared(name: str) -> Reader:
    """Load one of our own readers; an error in its module is ours, and passes."""
    place, options = _DECLARED[name]
    module, _, kind = place.partition(":")
    reader: Reader = getattr(importlib.import_module(module), kind)(**options)
    assert reader.name == name, f"{place} is declared as {name}"
    return _READERS.setdefault(name, reader)


def _plugins() -> dict[str, list[EntryPoint]]:
    """Entry points by name; nothing is loaded."""
    found: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        if point not in found.setdefault(point.name, []):
            found[point.name].append(point)
    return found


def _plugin(name: str) -> Reader:
    """Load the reader of an entry point; whatever its package does wrong is the package's fault."""
    points = _plugins()[name]
    where = f"entry point {name} = {' and '.join(point.value for point in points)} of {GROUP}"
    if len(points) > 1:
        raise UsageError("two packages use this name", where=where, hint="Uninstall one of them.")
    try:
        found = points[0].load()()
    except Exception as error:
        hint = "Repair or uninstall its package."
        raise UsageError(f"{type(error).__name__}: {error}", where=where, hint=hint) from error
    if not isinstance(found, Reader):
        raise UsageError("it is no Reader", where=where, hint="See examples/own_corpus.py.")
    if found.name != name:
        raise UsageError(f"its reader is called {found.name!r}", expected=repr(name), where=where)
    return register_reader(found)


def _import_reader(name: str) -> Reader:
    module, _, kind = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), kind)()
    except (ImportError, AttributeError, TypeError) as error:
        raise UsageError(
            f"no reader at {name!r} ({error})",
            hint="Is the module on PYTHONPATH, and does its class take no arguments?",
        ) from error
    if not isinstance(found, Reader):
        raise UsageError(f"{name!r} is no Reader", hint="See examples/own_corpus.py.")
    if _is_known(found.name):
        raise UsageError(f"{name!r} takes the name {found.name!r} of a known corpus")
    return found
