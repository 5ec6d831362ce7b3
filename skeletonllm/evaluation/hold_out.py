"""Views of a release, from what a user names: a protocol, or classes and subjects to hold out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import pyarrow as pa

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.protocols import get_protocol
from skeletonllm.shards import read_index
from skeletonllm.views.view import View


@dataclass(frozen=True)
class HoldOut:
    """What training leaves out.

    Args:
        protocol: A published protocol, instead of all that follows.
        held_out_classes: Classes that are never seen, nor named.
        held_out_subjects: Subjects that are never seen. A clip of an unknown subject could be one
            of them, so it is left out as well.
        corpora: Corpora to train on; empty for all.
    """

    protocol: str | None = None
    held_out_classes: tuple[str, ...] = ()
    held_out_subjects: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()

    def train_view(self, release: str) -> View:
        """View of the clips that may be learned from.

        Raises:
            UsageError: A name that the release does not have, or a protocol beside names.
        """
        if self.protocol is not None:
            self._refuse_names()
            return get_protocol(self.protocol).train
        index = read_index(release)
        check_known(index, "corpus", self.corpora)
        check_known(index, "label", self.held_out_classes)
        check_known(index, "subject", self.held_out_subjects)
        others = [s for s in _values(index, "subject") if s not in self.held_out_subjects]
        return View(
            corpora=self.corpora or None,
            unseen=self.held_out_classes,
            subjects=tuple(others) if self.held_out_subjects else None,
        )

    def _refuse_names(self) -> None:
        if self.held_out_classes or self.held_out_subjects or self.corpora:
            raise UsageError(
                f"protocol {self.protocol!r} beside classes, subjects or corpora",
                hint="A protocol says itself what is held out: name the one or the other.",
            )


def view_unseen_classes(trained: View) -> View:
    """View of the clips of classes that training never saw, of any subject.

    Raises:
        UsageError: There are none.
    """
    if not trained.unseen:
        raise UsageError(
            "training held out no class", hint="Test held-out subjects, or name --classes."
        )
    return replace(trained, unseen=(), labels=trained.unseen, subjects=None)


def view_unseen_subjects(trained: View, release: str) -> View:
    """View of the clips of trained classes by subjects that training never saw.

    Args:
        trained: What training saw.
        release: Folder of the release.

    Raises:
        UsageError: There are none.
    """
    if trained.subjects is None:
        raise UsageError("training held out no subject", hint="Test held-out classes instead.")
    others = [s for s in _values(read_index(release), "subject") if s not in trained.subjects]
    return replace(trained, subjects=tuple(others))


def view_other_corpora(trained: View, release: str) -> View:
    """View of all labelled clips of corpora that training never saw: cross-format.

    Args:
        trained: What training saw; it must name its corpora.
        release: Folder of the release that is tested.

    Raises:
        UsageError: There are none, or the checkpoint does not say which corpora it saw.
    """
    if trained.corpora is None:
        raise UsageError(
            "the checkpoint was trained on all corpora of its release, and does not name them",
            expected="a checkpoint of --protocol or --corpora",
            hint="Name --classes: all clips of them are tested.",
        )
    others = [
        name for name in _values(read_index(release), "corpus") if name not in trained.corpora
    ]
    if not others:
        raise UsageError(f"no corpus but {list(trained.corpora)}", where=release)
    return View(corpora=tuple(others))


def check_known(index: pa.Table, column: str, names: Collection[str]) -> None:
    """Refuse names that no clip of a release has.

    Args:
        index: The release, rows of :data:`schemas.SAMPLE`.
        column: Of the index, such as ``label``.
        names: What a user named.

    Raises:
        UsageError: The message lists the known ones.
    """
    known = _values(index, column)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"no {column} {unknown} in the release", expected=f"some of {known}")


def _values(index: pa.Table, column: str) -> list[str]:
    return sorted({value for value in index.column(column).to_pylist() if value is not None})
