"""Raw files -> ``clips/`` and ``rejects/``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pyarrow as pa

from pipelines.stage import run_stage
from schemas import REJECT
from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.corpora import Reject, Source, get_reader, read_clips
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.licences import get_licence, licence_table
from skeletonllm.normalize import get_profile, normalize
from skeletonllm.storage import Plan, Unit, cut_units, iter_tables, join, write_json, write_table
from skeletonllm.topology import get_topology

VERSION = "1"


@dataclass(frozen=True)
class NormalizeConfig:
    """What to read and how.

    Args:
        corpus: Name of a reader.
        input: File or folder of raw data.
        output: Folder to write.
        profile: Normalization recipe.
        licence: Licence id; None takes the corpus' own.
    """

    corpus: str
    input: str
    output: str
    profile: str = "clean"
    licence: str | None = None


def normalize_corpus(config: NormalizeConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of clips and rejects.

    Raises:
        UsageError: Unknown corpus, profile or licence; nothing to read at ``input``.
        OutputMismatch: ``output`` belongs to another configuration.
    """
    reader = get_reader(config.corpus)
    licence = get_licence(config.licence or reader.licence).id
    sources = reader.sources(config.input)
    if not sources:
        raise UsageError(f"nothing that looks like {config.corpus}", where=config.input)
    kept, doubles = _split_doubles(sources)
    plan = Plan(
        stage="normalize",
        version=VERSION,
        config={
            "corpus": config.corpus,
            "input": config.input,
            "profile": get_profile(config.profile).id,
            "licence": licence,
            "doubles": [source.uri for source in doubles],
        },
        units=cut_units((source.uri, source.size) for source in kept),
    )
    work = partial(
        normalize_unit,
        config=config,
        licence=licence,
        sources={source.uri: source for source in kept},
        doubles=tuple(doubles),
    )
    return run_stage(config.output, plan, "clips", work, partial(_sum_up, config.output))


def _split_doubles(sources: list[Source]) -> tuple[list[Source], list[Source]]:
    """The first source of each id, and the later ones of the same id, which become rejects."""
    seen: dict[str, Source] = {}
    for source in sources:
        seen.setdefault(source.source_id, source)
    kept = list(seen.values())
    return kept, [source for source in sources if seen[source.source_id] is not source]


def normalize_unit(
    unit: Unit,
    *,
    config: NormalizeConfig,
    licence: str,
    sources: dict[str, Source],
    doubles: tuple[Source, ...],
) -> None:
    """Read and normalize the sources of one unit; write its two parts, rejects first.

    The clips part is what marks the unit as done.
    """
    clips: list[Clip] = []
    rejects: list[Reject] = [_reject_double(s) for s in doubles] if unit.index == 0 else []
    reader = get_reader(config.corpus)
    for uri in unit.inputs:
        found, refused = read_clips(reader, sources[uri])
        rejects += refused
        for clip in found:
            _normalize_into(replace(clip, licence=licence), config.profile, clips, rejects)
    rows = [reject.to_row() for reject in rejects]
    part = f"{unit.part}.parquet"
    write_table(
        join(config.output, "rejects", part), pa.Table.from_pylist(rows, schema=REJECT.arrow)
    )
    write_table(join(config.output, "clips", part), clips_to_table(clips))


def _reject_double(source: Source) -> Reject:
    message = f"another source has the id {source.source_id!r}; only the first is read"
    return Reject(source.uri, "normalize", "duplicate_id", message)


def _normalize_into(clip: Clip, profile: str, clips: list[Clip], rejects: list[Reject]) -> None:
    try:
        clips.append(normalize(clip, profile))
    except SourceError as error:
        rejects.append(Reject(clip.source_uri, "normalize", error.code, f"{clip.clip_id}: {error}"))


def _sum_up(output: str) -> dict[str, int]:
    """Write the definitions the clips refer to, and count clips and rejects."""
    topologies: set[str] = set()
    licences: set[str] = set()
    clips = 0
    for _, table in iter_tables(join(output, "clips"), ["topology", "licence"]):
        topologies |= set(table.column("topology").to_pylist())
        licences |= set(table.column("licence").to_pylist())
        clips += len(table)
    definitions = {name: get_topology(name).to_json() for name in topologies}
    write_json(join(output, "topologies.json"), definitions)
    write_json(join(output, "licences.json"), licence_table(licences))
    rejects = sum(len(table) for _, table in iter_tables(join(output, "rejects"), ["code"]))
    return {"clips": clips, "rejects": rejects}
