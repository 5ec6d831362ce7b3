"""What a server shows: rows, their words, and how one clip of them is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from skeletonllm.clip import Clip
from skeletonllm.viewer.columns import COLUMNS, Category, ColumnName, Rows, RowsBuilder
from skeletonllm.viewer.entries import Entry, tell_entry
from skeletonllm.viewer.examples import Examples
from skeletonllm.viewer.head import SERVED, make_head
from skeletonllm.viewer.negatives import Negatives
from skeletonllm.viewer.served.words import WordIndex, WordIndexBuilder
from skeletonllm.viewer.told import list_words


class Painter(Protocol):
    """Draws pictures of a clip by renderers with names."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the renderers."""

    def list_pictures(self, row: int, clip: Clip) -> list[dict[str, Any]]:
        """See :class:`skeletonllm.viewer.served.painter.RendererPainter`."""

    def draw(self, row: int, clip: Clip, name: str, frame: int) -> bytes:
        """See :class:`skeletonllm.viewer.served.painter.RendererPainter`."""


@dataclass(frozen=True, eq=False)
class Shelf:
    """Clips that are shown.

    Args:
        kind: ``release``, ``clips``, ``raw``, ``diff`` or ``training``.
        title: Of the page.
        rows: All of them.
        words: Of their texts.
        read: Reads the clip of a row.
        overview: As the head has it.
        negatives: Hard negatives of all classes.
        examples: Rows of all classes.
        note: What a reader should know.
        folder: Whose files may be fetched; None for nobody's.
        files: Paths of these.
        painter: Draws pictures, if anything can.
    """

    kind: str
    title: str
    rows: Rows
    words: WordIndex
    read: Callable[[int], Entry]
    overview: Mapping[str, Any]
    negatives: Negatives | None = None
    examples: Examples = field(default_factory=Examples)
    note: str = ""
    folder: str | None = None
    files: frozenset[str] = frozenset()
    painter: Painter | None = None

    def make_head(self) -> dict[str, Any]:
        """The head of the page."""
        skeletons = self.rows.columns["topology"]
        assert isinstance(skeletons, Category)
        return make_head(
            mode=SERVED,
            kind=self.kind,
            title=self.title,
            total=len(self.rows),
            shown=len(self.rows),
            overview=self.overview,
            topologies=skeletons.words,
            columns=self.rows.names,
            note=self.note,
        )

    def tell(self, row: int) -> dict[str, Any]:
        """All that is told of a clip beside its row."""
        entry = self.read(row)
        pictures: list[dict[str, Any]] = []
        if self.painter is not None and entry.clip is not None:
            pictures = self.painter.list_pictures(row, entry.clip)
        return tell_entry(entry, self.negatives, self.examples, pictures)


class ShelfBuilder:
    """Gathers rows, words and examples of clips, one by one.

    Args:
        names: The columns.
    """

    def __init__(self, names: Sequence[ColumnName] = COLUMNS) -> None:
        self._rows, self._words = RowsBuilder(names), WordIndexBuilder()

    def add(self, entry: Entry) -> None:
        """Add the next row."""
        self._rows.add(entry.describe())
        clip, name = entry.clip, str(entry.columns.get("clip_id", ""))
        self._words.add([name] if clip is None else list_words(clip, entry.rationales))

    def build(self) -> tuple[Rows, WordIndex]:
        """All that was added."""
        return self._rows.build(), self._words.build()


def find_examples(rows: Rows) -> Examples:
    """The first row of each class and skeleton."""
    examples = Examples()
    columns = [rows.columns[name] for name in ("namespace", "label", "topology")]
    parts = [column for column in columns if isinstance(column, Category)]
    seen: set[tuple[int, ...]] = set()
    for row, codes in enumerate(zip(*(part.codes.tolist() for part in parts), strict=True)):
        if codes not in seen:
            seen.add(codes)
            examples.add(row, *(part[row] for part in parts))
    return examples


def count_column(rows: Rows, name: str) -> dict[str, int]:
    """Rows of each word of a category, most frequent first.

    Args:
        rows: All of them.
        name: Of the category.
    """
    column = rows.columns[name]
    assert isinstance(column, Category)
    counts: dict[str, int] = dict.fromkeys(column.words, 0)
    for code in column.codes.tolist():
        if code >= 0:
            counts[column.words[code]] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
