"""Views of a release: which clips a stage sees, and what may be said about them.

One release serves every stage and every split. A view selects rows of the index and keeps the
names of unseen classes out of everything that is streamed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import ALL_CLIPS
from skeletonllm.errors import UsageError
from skeletonllm.shards.class_order import NO_ID, order_classes
from skeletonllm.shards.codec import Sample
from skeletonllm.views.left_out import NOTHING, LeftOut, Row, cut_questions, cut_texts
from skeletonllm.views.unseen import hide_names

Names = tuple[str, ...]

COLUMNS = ("corpus", "label", "label_namespace", "subject", "camera", "setup", "topology")
"""What a view looks at; tables of clips and of samples both have them."""
HAVING = {
    "rationales": "num_rationales",
    "captions": "num_captions",
    "questions": "num_questions",
}
"""What a view may ask of a sample, and the column of the index that counts it."""
_ALWAYS_HASHED = frozenset(
    "corpora namespaces labels unseen subjects cameras setups topologies labelled".split()
)
"""Fields of the first views. A later field is hashed only where it is not its default, so that
views which do not use it keep their hash: tables on disk and saved states name it."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A selection of a release. None selects everything; an empty tuple selects nothing.

    Args:
        corpora: Corpora to keep.
        namespaces: Label namespaces to keep.
        labels: Classes to keep.
        unseen: Classes that must not be shown: never a label, a candidate or a negative, and a
            rationale, caption or question of which one sentence tells its action is left out
            (:mod:`skeletonllm.views.unseen`).
        subjects: Subjects to keep (cross-subject protocols).
        cameras: Cameras to keep (cross-view protocols).
        setups: Setups to keep (cross-setup protocols).
        topologies: Skeletons to keep (cross-format protocols).
        labelled: Whether clips without a label are left out.
        having: What each sample must have: words of :data:`HAVING`. A sample whose every text is
            left out while streaming still counts as having them.

    Example:
        >>> train = View(namespaces=("ntu60",), unseen=("drink water", "reading"))
        >>> held_out = View(namespaces=("ntu60",), labels=("drink water", "reading"))
        >>> explained = replace(train, having=("rationales",))
    """

    corpora: Names | None = None
    namespaces: Names | None = None
    labels: Names | None = None
    unseen: Names = ()
    subjects: Names | None = None
    cameras: Names | None = None
    setups: Names | None = None
    topologies: Names | None = None
    labelled: bool = True
    having: Names = ()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.having) - set(HAVING))
        if unknown:
            raise UsageError(
                f"having {unknown}", expected=f"words of {', '.join(HAVING)}", where="view"
            )
        both = sorted(set(self.labels or ()) & set(self.unseen))
        if both:
            raise UsageError(f"classes {both} are selected and unseen at once", where="view")

    @property
    def sha256(self) -> str:
        """SHA-256 of the view, in hex: what an order and a saved state belong to."""
        hashed = {
            field.name: sorted(value) if isinstance(value, tuple) else value
            for field, value in ((f, getattr(self, f.name)) for f in fields(self))
            if field.name in _ALWAYS_HASHED or value != field.default
        }
        text = json.dumps(hashed, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def split(self) -> View:
        """The view of all stages of the same split: what was mined and asked about belongs to it.

        It asks nothing of a sample but where it comes from.
        """
        return replace(self, having=(), labelled=True)

    def select(self, index: pa.Table) -> pa.Table:
        """The rows of :data:`schemas.SAMPLE` this view sees, in the given order.

        Raises:
            UsageError: There are none; the message says what the index has instead.
        """
        rows = index.filter(self.mask(index))
        if not len(rows):
            raise UsageError(
                "no clip of the release is in the view",
                expected=f"some of {self.list_values(index)}",
            )
        return rows

    def mask(self, table: pa.Table) -> pa.Array | pa.ChunkedArray:
        """For each row, whether this view sees it, bool [N]; possibly none.

        Args:
            table: Clips or samples; the columns are those of both, see :data:`COLUMNS`. Only
                samples are counted what they have, see :data:`HAVING`.

        Raises:
            UsageError: The table does not count what the view asks of a sample.
        """
        keep = pa.array([True] * len(table), pa.bool_())
        for column, names in self._filters():
            keep = pc.and_(keep, pc.is_in(table.column(column), value_set=_strings(names)))
        hidden = pc.is_in(table.column("label"), value_set=_strings(self.unseen))
        keep = pc.and_(keep, pc.invert(hidden))
        if self.labelled:
            keep = pc.and_(keep, pc.is_valid(table.column("label")))
        for what in self.having:
            keep = pc.and_(keep, _has(table, what))
        return keep

    def shows(self, label: str) -> bool:
        """Whether clips of this class may be seen, and its name be said."""
        return label not in self.unseen and (self.labels is None or label in self.labels)

    def list_values(self, table: pa.Table) -> str:
        """What a table has in the columns this view filters by, as text for a refusal."""
        columns = [column for column, _ in self._filters()] or ["label"]
        asked = {f"with {what}": pc.sum(_has(table, what)).as_py() or 0 for what in self.having}
        values = {c: pc.unique(table.column(c)).to_pylist() for c in columns}
        few = {c: sorted(filter(None, names))[:8] for c, names in values.items()}
        return str({**few, **asked})

    def candidates(self, rows: pa.Table) -> dict[str, Names]:
        """Namespace -> the classes to choose from: those of the selected rows.

        In order of ``label_id``, or of names where the rows do not have it.

        Args:
            rows: Clips or samples.
        """
        names = ["label_namespace", "label"]
        known = rows.filter(pc.is_valid(rows.column("label")))
        lowest = [("label_id", "min")] if "label_id" in rows.column_names else []
        found: dict[str, dict[str, int]] = {}
        for row in known.group_by(names).aggregate(lowest).to_pylist():
            number = row.get("label_id_min")
            classes = found.setdefault(row["label_namespace"], {})
            classes[row["label"]] = NO_ID if number is None else number
        return order_classes(found)

    def apply(self, sample: Sample) -> tuple[Sample, LeftOut]:
        """(sample without a text that tells an unseen class, how many were left out).

        The name of the sample's own class is no leak, even where an unseen name is part of it
        ("drink" in "drink water").
        """
        if not self.unseen:
            return sample, NOTHING
        sample, left_out = cut_texts(sample, hide_names(self.unseen), self._own(sample))
        told = self.select_questions(sample, sample.questions)
        left_out += LeftOut(questions=len(sample.questions) - len(told))
        return replace(sample, questions=told), left_out

    def select_questions(self, sample: Sample, questions: Sequence[Row]) -> tuple[Row, ...]:
        """The questions that tell no unseen class.

        Args:
            sample: What is asked about.
            questions: Rows of :data:`schemas.QUESTION`.
        """
        if not self.unseen:
            return tuple(questions)
        return cut_questions(questions, hide_names(self.unseen), self._own(sample))

    def _own(self, sample: Sample) -> str:
        """The class's name that its texts may say; an unseen one may not even there."""
        own = sample.label or ""
        return "" if own in self.unseen else own

    def _filters(self) -> Iterator[tuple[str, Names]]:
        columns = {
            "corpus": self.corpora,
            "label_namespace": self.namespaces,
            "label": self.labels,
            "subject": self.subjects,
            "camera": self.cameras,
            "setup": self.setups,
            "topology": self.topologies,
        }
        return ((column, names) for column, names in columns.items() if names is not None)


@dataclass(frozen=True)
class NamedView:
    """A view that clips were mined or asked about for, under the name that rows carry.

    Args:
        name: Of a protocol, or :data:`schemas.ALL_CLIPS`.
        view: Its training view.
    """

    name: str
    view: View

    @property
    def sha256(self) -> str | None:
        """Hash of the view; None where it hides nothing, as in the tables on disk."""
        return None if self.name == ALL_CLIPS else self.view.sha256

    def to_json(self) -> dict[str, Any]:
        """``{name, sha256}``, as a row of :data:`schemas.RATIONALE` lists it."""
        return {"name": self.name, "sha256": self.sha256}


EVERY_CLIP = NamedView(ALL_CLIPS, View())
"""All labelled clips, those of test parts as well."""


def _strings(names: Names) -> pa.Array:
    return pa.array(names, pa.string())


def _has(table: pa.Table, what: str) -> pa.Array | pa.ChunkedArray:
    """Which rows have any of it, bool [N]."""
    column = HAVING[what]
    if column not in table.column_names:
        raise UsageError(
            f"no column {column!r}",
            expected=f"an index that counts {what}",
            where="view",
            hint=f"Build the shards again with their {what}.",
        )
    return pc.fill_null(pc.greater(table.column(column), 0), False)
