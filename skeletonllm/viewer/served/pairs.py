"""Two releases on one shelf: which clips were added, removed and changed, and in what."""

from __future__ import annotations

from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.viewer.columns import CHANGE, COLUMNS
from skeletonllm.viewer.entries import Entry
from skeletonllm.viewer.overview import list_lineage, make_chart
from skeletonllm.viewer.release_facts import read_negatives
from skeletonllm.viewer.served.releases import ReleaseShelf
from skeletonllm.viewer.served.shelf import Shelf, ShelfBuilder, count_column, find_examples

ADDED, REMOVED, CHANGED, SAME = "added", "removed", "changed", "same"
_COMPARED = ("label", "label_id", "label_namespace", "subject", "camera", "setup", "captions")
_MORE = ("flags", "profile", "licence", "source_uri", "source_sha256", "person_ids")


class PairShelf:
    """Reads the clips of two releases: those of the later one, then those that are gone.

    Args:
        old: The earlier release.
        new: The later one.
    """

    def __init__(self, old: ReleaseShelf, new: ReleaseShelf) -> None:
        self._old, self._new = old, new
        before, after = (_list_hashes(side) for side in (old, new))
        self._place_before = {clip_id: row for row, clip_id in enumerate(before)}
        self._after = list(after)
        self._gone = [clip_id for clip_id in before if clip_id not in after]
        self._changes = [_judge(clip_id, before, after) for clip_id in self._after]

    def __len__(self) -> int:
        """Clips of both, each once."""
        return len(self._after) + len(self._gone)

    def read(self, row: int) -> Entry:
        """The clip of a row as it is now, or as it was, and what changed in it."""
        if row >= len(self._after):
            clip_id = self._gone[row - len(self._after)]
            return _add(self._old.read(self._place_before[clip_id]), REMOVED, {})
        entry, change = self._new.read(row), self._changes[row]
        return _add(entry, change, {})

    def read_with_changes(self, row: int) -> Entry:
        """The same, and what changed in it: both are read."""
        entry = self.read(row)
        if row >= len(self._after) or self._changes[row] != CHANGED:
            return entry
        earlier = self._old.read(self._place_before[self._after[row]])
        return _add(entry, CHANGED, _compare(earlier, entry))


def open_pair(old: str, new: str, changes: str | None = None) -> Shelf:
    """Two releases as they are shown.

    Args:
        old: Folder of the earlier one.
        new: Folder of the later one.
        changes: The entry of a changelog, if it was made.
    """
    sides = ReleaseShelf(old), ReleaseShelf(new)
    pair = PairShelf(*sides)
    builder = ShelfBuilder((CHANGE, *COLUMNS))
    for row in range(len(pair)):
        builder.add(pair.read(row))
    rows, words = builder.build()
    heads = [side.manifest.data for side in sides]
    names = [f"{head['name']} {head['version']}" for head in heads]
    counts = count_column(rows, CHANGE.name)
    facts = [["earlier", names[0]], ["later", names[1]], ["clips of either", f"{len(rows):,}"]]
    return Shelf(
        kind="diff",
        title=f"{names[0]} -> {names[1]}",
        rows=rows,
        words=words,
        read=pair.read_with_changes,
        overview={
            "facts": [*facts, *([name, f"{count:,}"] for name, count in counts.items())],
            "charts": [make_chart("Changes", counts, column=CHANGE.name)],
            "tables": [],
            "findings": [],
            "changes": changes,
            "lineage": list_lineage(heads[1]),
        },
        negatives=read_negatives(new),
        examples=find_examples(rows),
    )


def _list_hashes(side: ReleaseShelf) -> dict[str, bytes]:
    columns = (side.index.column(n).to_pylist() for n in ("clip_id", "content_hash"))
    return dict(zip(*columns, strict=True))


def _judge(clip_id: str, before: dict[str, bytes], after: dict[str, bytes]) -> str:
    if clip_id not in before:
        return ADDED
    return SAME if before[clip_id] == after[clip_id] else CHANGED


def _add(entry: Entry, change: str, place: dict[str, Any]) -> Entry:
    columns = {**entry.columns, CHANGE.name: change}
    where = {**place, **entry.place}
    return Entry(entry.clip, entry.rationales, entry.questions, where, columns, entry.fault)


def _compare(old: Entry, new: Entry) -> dict[str, str]:
    """Field -> what it was and is, of the fields that differ."""
    if old.clip is None or new.clip is None:
        return {}
    found = {
        f"changed: {name}": f"{_write(old.clip, name)} -> {_write(new.clip, name)}"
        for name in (*_COMPARED, *_MORE)
        if getattr(old.clip, name) != getattr(new.clip, name)
    }
    if old.clip.motion.sha256 != new.clip.motion.sha256:
        shapes = (f"{c.motion.num_frames} frames" for c in (old.clip, new.clip))
        found["changed: motion"] = " -> ".join(shapes)
    if _texts(old) != _texts(new):
        found["changed: rationales"] = f"{len(old.rationales)} -> {len(new.rationales)}"
    return found


def _texts(entry: Entry) -> list[Any]:
    return [(row["teacher"], row["text"], row["grounded"]) for row in entry.rationales]


def _write(clip: Clip, name: str) -> str:
    value = getattr(clip, name)
    if name == "captions":
        return "; ".join(caption.text for caption in value) or "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
