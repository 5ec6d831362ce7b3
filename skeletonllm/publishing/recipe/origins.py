"""Where the raw files of a release lie on this machine, and how each clip was made of them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from skeletonllm.corpora.formats.archives import place_below
from skeletonllm.corpora.reader import Reader, Source, describe_reader, get_reader
from skeletonllm.errors import UsageError
from skeletonllm.release.trace.remaking import find_root
from skeletonllm.release.trace.stages import find_making
from skeletonllm.storage import absolute


@dataclass(frozen=True)
class Origins:
    """The raw files of some corpora.

    Args:
        folders: Corpus -> the folders of its files: those that ``normalize`` was given, or one
            above each.
        readers: Corpus -> its reader, by name or as ``module:Class``.
        lineage: Of the release.
        run: Names this run: what was listed in an earlier one may have been put right since.
    """

    folders: Mapping[str, tuple[str, ...]]
    readers: Mapping[str, str]
    lineage: Mapping[str, Any] = field(repr=False)
    run: str = field(default_factory=lambda: uuid.uuid4().hex, repr=False, compare=False)

    @classmethod
    def parse(cls, given: Sequence[str], lineage: Mapping[str, Any]) -> Origins:
        """Of ``NAME=FOLDER`` each; NAME may be ``module:Class`` of one's own reader.

        Args:
            given: As it was typed.
            lineage: Of the release.

        Raises:
            UsageError: One has another form, no such reader, or is of no corpus of the release;
                or a corpus is missing.
        """
        folders: dict[str, list[str]] = defaultdict(list)
        readers: dict[str, str] = {}
        for text in given:
            name, equals, folder = text.partition("=")
            if not (name and equals and folder):
                hint = "For example --corpus ntu_rgbd=raw/nturgb+d_skeletons."
                raise UsageError(f"--corpus {text!r}", expected="NAME=FOLDER", hint=hint)
            corpus = get_reader(name).name
            readers[corpus] = name
            folders[corpus].append(absolute(folder))  # a worker may be in another folder
        _check_corpora(folders, lineage)
        return cls({name: tuple(of) for name, of in folders.items()}, readers, lineage)

    def reader_of(self, corpus: str) -> Reader:
        """The reader of a corpus."""
        return get_reader(self.readers[corpus])

    def find(self, meta: Mapping[str, Any]) -> Source | None:
        """The source of a clip; None if it is not there.

        Args:
            meta: The text of its sample.
        """
        recorded = str(meta["source_uri"])
        for listed in self.list_sources(meta):
            if (found := listed.find(recorded, meta["clip_id"])) is not None:
                return found
        return None

    def list_sources(self, meta: Mapping[str, Any]) -> list[Listing]:
        """The sources of the folders in which a clip may be.

        Raises:
            UsageError: None of them has a file of this corpus.
        """
        listed, failed = list[Listing](), list[UsageError]()
        for root in self._roots(meta):
            try:
                listed.append(_list_sources(self.readers[meta["corpus"]], root, self.run))
            except UsageError as error:
                failed.append(error)
        if failed and not listed:
            raise failed[0]
        return listed

    def _roots(self, meta: Mapping[str, Any]) -> Iterator[str]:
        """Where to look; a folder of the recorded name first."""
        recorded = str(meta["source_uri"])
        name, stage = recorded.partition("/")[0], self._find_stage(meta)
        roots = [find_root(folder, recorded, stage) for folder in self.folders[meta["corpus"]]]
        yield from sorted(roots, key=lambda root: root.rstrip("/").rpartition("/")[2] != name)

    def find_config(self, meta: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parameters of the ``normalize`` stage that made a clip.

        Args:
            meta: The text of its sample.
        """
        config: Mapping[str, Any] = self._find_stage(meta).get("config", {})
        return config

    def _find_stage(self, meta: Mapping[str, Any]) -> Mapping[str, Any]:
        stages = find_making(self.lineage, meta)
        return stages[0] if stages else {}

    def list_other_readers(self) -> list[str]:
        """Readers that are others here than those that read then, as sentences."""
        stages = [s for s in self.lineage.get("stages", []) if "reader" in s]
        said = set()
        for stage in stages:
            then = stage["reader"]
            if then.get("name") in self.readers:
                now = describe_reader(self.reader_of(then["name"]))
                if now != then:
                    said.add(f"{then['name']} was read by {_name(then)}; here it is {_name(now)}")
        return sorted(said)


def _check_corpora(folders: Mapping[str, Sequence[str]], lineage: Mapping[str, Any]) -> None:
    held = set(lineage["sources"])
    if unknown := sorted(set(folders) - held):
        found = f"--corpus for {', '.join(unknown)}, of which the recipe has nothing"
        raise UsageError(found, expected=f"some of {', '.join(sorted(held))}")
    if missing := sorted(held - set(folders)):
        hint = " ".join(f"--corpus {corpus}=FOLDER" for corpus in missing)
        found = f"no folder of the raw files of {', '.join(missing)}"
        raise UsageError(found, hint=f"Add {hint}. The card of the recipe says where they are had.")


def _name(reader: Mapping[str, Any]) -> str:
    version = f" {reader['version']}" if reader.get("version") else ""
    return f"{reader.get('class')}{version} of {reader.get('package') or 'no package'}"


class Listing:
    """The sources below a folder, by where they lie and by their ids.

    Args:
        sources: All of them.
        root: The folder.
    """

    def __init__(self, sources: Sequence[Source], root: str) -> None:
        self._places: dict[str, list[Source]] = defaultdict(list)
        self._ids: dict[str, list[Source]] = defaultdict(list)
        for source in sources:
            self._places[place_below(root, source.uri)].append(source)
            self._ids[source.source_id].append(source)

    def find(self, recorded: str, clip_id: str) -> Source | None:
        """The one source of a clip, if there is one.

        Args:
            recorded: Its place in the release.
            clip_id: Of the clip.
        """
        places = (recorded, recorded.partition("/")[2])  # below the root, or with its name before
        parts = clip_id.split("/")[1:]
        ids = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
        for found in (*map(self._places.get, places), *map(self._ids.get, ids)):
            if found is not None and len(found) == 1:
                return found[0]
        return None


@lru_cache(maxsize=64)
def _list_sources(reader: str, root: str, run: str) -> Listing:  # noqa: ARG001 - part of the key
    """Listed once a run and process: a corpus may have a hundred thousand files."""
    return Listing(get_reader(reader).sources(root), root)
