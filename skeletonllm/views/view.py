"""Views of a release: which clips a stage sees, and what may be said about them.

One release serves every stage and every split. A view selects rows of the index and keeps the
names of unseen classes out of everything that is streamed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import ALL_CLIPS
from skeletonllm.errors import UsageError
from skeletonllm.shards.codec import Sample

Names = tuple[str, ...]

COLUMNS = ("corpus", "label", "label_namespace", "subject", "camera", "setup", "topology")
"""What a view looks at; tables of clips and of samples both have them."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A selection of a release. None selects everything; an empty tuple selects nothing.

    Args:
        corpora: Corpora to keep.
        namespaces: Label namespaces to keep.
        labels: Classes to keep.
        unseen: Classes that must not be shown: never a label, a candidate or a negative, and a
            rationale or caption that names one as a whole phrase is left out.
        subjects: Subjects to keep (cross-subject protocols).
        cameras: Cameras to keep (cross-view protocols).
        setups: Setups to keep (cross-setup protocols).
        topologies: Skeletons to keep (cross-format protocols).
        labelled: Whether clips without a label are left out.

    Example:
        >>> train = View(namespaces=("ntu60",), unseen=("drink water", "reading"))
        >>> held_out = View(namespaces=("ntu60",), labels=("drink water", "reading"))
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

    def __post_init__(self) -> None:
        both = sorted(set(self.labels or ()) & set(self.unseen))
        if both:
            raise UsageError(f"classes {both} are selected and unseen at once", where="view")

    @property
    def sha256(self) -> str:
        """SHA-256 of the view, in hex: what an order and a saved state belong to."""
        fields = {k: sorted(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

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
            table: Clips or samples; the columns are those of both, see :data:`COLUMNS`.
        """
        keep = pa.array([True] * len(table), pa.bool_())
        for column, names in self._filters():
            keep = pc.and_(keep, pc.is_in(table.column(column), value_set=_strings(names)))
        hidden = pc.is_in(table.column("label"), value_set=_strings(self.unseen))
        keep = pc.and_(keep, pc.invert(hidden))
        if self.labelled:
            keep = pc.and_(keep, pc.is_valid(table.column("label")))
        return keep

    def shows(self, label: str) -> bool:
        """Whether clips of this class may be seen, and its name be said."""
        return label not in self.unseen and (self.labels is None or label in self.labels)

    def list_values(self, table: pa.Table) -> str:
        """What a table has in the columns this view filters by, as text for a refusal."""
        columns = [column for column, _ in self._filters()] or ["label"]
        values = {c: pc.unique(table.column(c)).to_pylist() for c in columns}
        few = {c: sorted(filter(None, names))[:8] for c, names in values.items()}
        return str(few)

    def candidates(self, rows: pa.Table) -> dict[str, Names]:
        """Namespace -> the classes to choose from, sorted: those of the selected rows."""
        pairs = zip(
            *(rows.column(c).to_pylist() for c in ("label_namespace", "label")), strict=True
        )
        classes: dict[str, set[str]] = {}
        for namespace, label in pairs:
            if label is not None:
                classes.setdefault(namespace, set()).add(label)
        return {namespace: tuple(sorted(classes[namespace])) for namespace in sorted(classes)}

    def apply(self, sample: Sample) -> tuple[Sample, int]:
        """(sample without a word about unseen classes, number of rationales left out).

        The name of the sample's own class is no leak, even where an unseen name is part of it
        ("drink" in "drink water").
        """
        if not self.unseen:
            return sample, 0
        own = sample.label or ""
        rationales = tuple(r for r in sample.rationales if not self._names_unseen(_texts(r), own))
        captions = tuple(c for c in sample.clip.captions if not self._names_unseen([c.text], own))
        visible = replace(
            sample,
            clip=replace(sample.clip, captions=captions),
            rationales=rationales,
            negatives=tuple(name for name in sample.negatives if name not in self.unseen),
        )
        return visible, len(sample.rationales) - len(rationales)

    def _names_unseen(self, texts: list[str], own: str) -> bool:
        """Whether a text names an unseen class elsewhere than inside the name of its own class."""
        hidden = [_plain(name) for name in self.unseen if _plain(name).strip()]
        plain = [_plain(text) for text in texts]
        if _plain(own).strip():
            plain = [text.replace(_plain(own), " | ") for text in plain]
        return any(name in text for name in hidden for text in plain)

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


def _plain(text: str) -> str:
    """Words in lower case with one space around each, so that a phrase is found whole or not."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(words)} "


def _texts(rationale: Mapping[str, Any]) -> list[str]:
    steps = [str(step.get("text", "")) for step in rationale.get("steps", ())]
    return [str(rationale.get(name, "")) for name in ("text", "summary")] + steps
