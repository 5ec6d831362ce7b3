"""Raw files -> clips and rejects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from pipelines.stage import run_stage
from schemas import CLIP
from skeletonllm.clip import Clip, clips_to_table, register_topologies
from skeletonllm.clip_folders import count_rejects, write_rejects
from skeletonllm.corpora import Reader, Reject, Source, get_reader, read_clips
from skeletonllm.corpora.formats.archives import place_below
from skeletonllm.corpora.missing_lists import CODE as LISTED
from skeletonllm.corpora.missing_lists import MissingList, listed_in, refuse_listed
from skeletonllm.corpora.reader import describe_reader
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.errors import SourceError
from skeletonllm.licences import get_licence
from skeletonllm.normalize import Timing, get_profile, normalize
from skeletonllm.rejects import build_table, isolate_clip
from skeletonllm.storage import (
    MAX_UNIT_ITEMS,
    TOPOLOGIES,
    Plan,
    Unit,
    cut_units,
    iter_tables,
    join,
    write_json,
    write_table,
)
from skeletonllm.storage.layout import PARTS, READER

STAGE, VERSION = "normalize", "3"

Sourced = TypeVar("Sourced", Clip, Reject)


@dataclass(frozen=True)
class NormalizeConfig:
    """What to read and how.

    Args:
        corpus: Name of a reader.
        input: File or folder of raw data.
        output: Folder to write.
        profile: Normalization recipe.
        licence: Licence id; None takes the corpus' own.
        files_per_part: Most source files of one part (it also ends at 64 MB).
        missing: Official lists of files to leave out.
        timing: Gaps to fill and the frame rate of the clips, after the recipe.
        orientations: Keep joint orientations where the corpus has them.
        image_size: Width and height of the pictures in pixels, where files do not state them.
    """

    corpus: str
    input: str
    output: str
    profile: str = "clean"
    licence: str | None = None
    files_per_part: int = MAX_UNIT_ITEMS
    missing: tuple[MissingList, ...] = ()
    timing: Timing = field(default_factory=Timing)
    orientations: bool = False
    image_size: Size | None = None

    def __post_init__(self) -> None:
        get_profile(self.profile)  # an unknown one is refused before a cluster starts


def normalize_corpus(config: NormalizeConfig) -> dict[str, Any]:
    """Run the stage; return its manifest, with ``counts`` of clips and rejects.

    Raises:
        UsageError: Unknown corpus or profile; nothing to read at ``input``.
        OutputMismatch: ``output`` belongs to another configuration.
    """
    reader = get_reader(config.corpus)
    licence = get_licence(config.licence or reader.licence).id
    listed = reader.sources(config.input)
    sources = {s.uri: replace(s, image_size=config.image_size) for s in listed}
    missing = [[names.name, names.sha256] for names in config.missing]
    plan = Plan(
        stage=STAGE,
        version=VERSION,
        config={
            "corpus": config.corpus,
            "profile": get_profile(config.profile).id + config.timing.suffix,
            "licence": licence,
            **({"missing_lists": missing} if missing else {}),
            **({"orientations": True} if config.orientations else {}),
            **({"image_size": list(config.image_size)} if config.image_size else {}),
        },
        units=_cut_units(config, list(sources.values())),
    )
    work = partial(normalize_unit, config=config, licence=licence)
    sum_up = partial(_sum_up, config.output, reader)
    return run_stage(
        config.output,
        plan,
        PARTS,
        work,
        sum_up,
        lambda unit: ([sources[uri] for uri in unit.inputs],),
    )


def _cut_units(config: NormalizeConfig, sources: Sequence[Source]) -> tuple[Unit, ...]:
    """Units of neighbouring files; the plan states each by its place below the root and its size.

    Files are not hashed for it: that would read a corpus twice. Each clip has its file's hash.
    """
    stated = {s.uri: f"{place_below(config.input, s.uri)} {s.size}" for s in sources}
    units = cut_units(((s.uri, s.size) for s in sources), config.files_per_part)
    return tuple(replace(u, stated=tuple(stated[uri] for uri in u.inputs)) for u in units)


def normalize_unit(
    unit: Unit, sources: Sequence[Source], *, config: NormalizeConfig, licence: str
) -> None:
    """Read and normalize the sources of one unit; write its two parts, rejects first.

    The clips part marks the unit as done.

    Args:
        unit: Says which part is written.
        sources: What is read.
        config: The stage.
        licence: Licence id of every clip, if the user states one; else each keeps its reader's,
            which is not the corpus' own where nothing in a file says that it is of that corpus.
    """
    clips: dict[str, Clip] = {}
    rejects: list[Reject] = []
    reader = get_reader(config.corpus)
    for source in sources:
        if listed := listed_in(config.missing, source.source_id):
            faults = _faults(reader, source, config)
            rejects.append(refuse_listed(source.uri, listed, faults))
            continue
        source_clips, refused = read_clips(reader, source)
        rejects += refused
        for clip in source_clips:
            terms = licence if config.licence else clip.licence
            _normalize_into(replace(clip, licence=terms), config, clips, rejects)
    table = build_table(
        [*clips.values()],
        lambda kept: clips_to_table([_below(config.input, clip) for clip in kept]),
        STAGE,
        rejects,
    )
    write_rejects(config.output, unit, [_below(config.input, reject) for reject in rejects])
    write_table(join(config.output, PARTS, f"{unit.part}.parquet"), table)


def _faults(reader: Reader, source: Source, config: NormalizeConfig) -> list[Reject]:
    """What is wrong with a file by itself; none if a clip comes of it."""
    source_clips, faults = read_clips(reader, source)
    clips: dict[str, Clip] = {}
    for clip in source_clips:
        _normalize_into(clip, config, clips, faults)
    return [] if clips else faults


def _normalize_into(
    clip: Clip, config: NormalizeConfig, clips: dict[str, Clip], rejects: list[Reject]
) -> None:
    with isolate_clip(clip, STAGE, rejects):
        if clip.clip_id in clips:
            raise SourceError("duplicate_id", f"a second clip {clip.clip_id}")
        made = config.timing.apply(normalize(clip, config.profile))
        clips[clip.clip_id] = made if config.orientations else _unturned(made)


def _unturned(clip: Clip) -> Clip:
    """Without orientations: half the bytes of a clip of NTU, and nothing here draws them yet."""
    return replace(clip, motion=replace(clip.motion, orientations=None))


def _below(root: str, item: Sourced) -> Sourced:
    """Name the source from the root on: machine paths have no place in a release."""
    return replace(item, source_uri=place_below(root, item.source_uri))


def _sum_up(output: str, reader: Reader) -> dict[str, int]:
    """Write the definitions the clips refer to and who read them; count clips and rejects."""
    definitions: dict[str, Any] = {}
    licences: set[str] = set()
    clips = 0
    for _, table in iter_tables(join(output, PARTS), ["licence"], CLIP):
        skeletons = register_topologies(table.schema)
        definitions |= {name: topology.to_json() for name, topology in skeletons.items()}
        licences |= set(table.column("licence").to_pylist())
        clips += len(table)
    write_json(join(output, TOPOLOGIES), definitions)
    terms = {name: get_licence(name).to_json() for name in licences}
    write_json(join(output, "licences.json"), terms)
    write_json(join(output, READER), describe_reader(reader))
    codes = count_rejects(output)
    counts = {"clips": clips, "rejects": codes.total()}
    return counts | ({"listed": codes[LISTED]} if codes[LISTED] else {})
