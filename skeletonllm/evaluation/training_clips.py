"""Whose clips are mined and asked about: the training clips of protocols, or all labelled ones."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from schemas import CLIP
from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.protocols import get_protocol
from skeletonllm.storage import read_table
from skeletonllm.storage.plan import stated_parts
from skeletonllm.views.view import COLUMNS, EVERY_CLIP, NamedView, View


def name_training_views(protocols: Sequence[str]) -> tuple[NamedView, ...]:
    """The training view of each protocol, by name; the view of all clips where none is named.

    Raises:
        UsageError: A name is unknown; the message lists the known ones.

    Example:
        >>> [view.name for view in name_training_views(["ntu60/55-5"])]
        ['ntu60/55-5']
    """
    names = sorted(set(protocols))
    return tuple(NamedView(name, get_protocol(name).train) for name in names) or (EVERY_CLIP,)


def select_training_clips(clips: Sequence[Clip], view: View) -> list[Clip]:
    """The clips that a view sees, in the given order; possibly none of these.

    Args:
        clips: For example those of one part.
        view: A training view.
    """
    table = pa.Table.from_pylist([_facts(clip) for clip in clips], schema=_FACTS)
    return [clip for clip, seen in zip(clips, view.mask(table).to_pylist(), strict=True) if seen]


_FACTS = pa.schema([pa.field(name, pa.string()) for name in COLUMNS])


def _facts(clip: Clip) -> dict[str, str | None]:
    own = {name: getattr(clip, name) for name in COLUMNS if name != "topology"}
    return {**own, "topology": clip.motion.topology.name}


def check_training_clips(folders: Sequence[str], views: Sequence[NamedView]) -> None:
    """Refuse a protocol that has no training clip in any of the folders, before any work is done.

    Args:
        folders: Finished ``normalize`` folders.
        views: What is to be mined or asked about.

    Raises:
        UsageError: Names the protocol, and what the clips have instead.
    """
    protocols = [named for named in views if named != EVERY_CLIP]
    if not protocols:
        return  # that no clip has a label is no fault there, and nothing need be read
    parts = stated_parts(folders, "normalize")
    tables = [read_table(part, list(COLUMNS), CLIP) for part in parts]
    facts = pa.concat_tables(
        [_FACTS.empty_table(), *(t.select(COLUMNS).cast(_FACTS) for t in tables)]
    )
    for named in protocols:
        if not any(named.view.mask(facts).to_pylist()):
            raise UsageError(
                f"no training clip of protocol {named.name!r}; the clips have "
                f"{named.view.list_values(facts)}",
                where=", ".join(folders),
                hint="Name a protocol of these clips; `skeletonllm splits` says which they cover.",
            )
