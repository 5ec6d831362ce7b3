"""For which views a release was mined and asked about, and what of that one view may take.

A ranking of classes has looked at the clips that were mined, and a teacher at the clips that it was
asked about. Clips of a test part must not be among them. So a stream takes what was made for the
split of its view, or refuses and names both views. It refuses where negatives or rationales are
looked at and not before: a stage that uses neither needs none.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from schemas import ALL_CLIPS
from skeletonllm.errors import SkeletonLLMError, UsageError
from skeletonllm.shards.checked_files import read_checked_json
from skeletonllm.shards.codec import Sample
from skeletonllm.shards.manifest import find_manifest
from skeletonllm.views.left_out import NOTHING, LeftOut
from skeletonllm.views.questions import Questions, has_questions
from skeletonllm.views.rankings import NEGATIVES, Ranking, read_ranking
from skeletonllm.views.view import EVERY_CLIP, View

log = logging.getLogger(__name__)

VIEWS = "views.json"
"""Beside shards: what :func:`summarize_views` gives. A release has it in its manifest."""

Kind = Literal["negatives", "rationales", "questions"]
Asked = Mapping[str, Sequence[Mapping[str, Any]]]
"""``negatives`` and ``rationales`` -> ``{name, sha256, rows}`` of each view, by name."""

_WHOLE: list[Mapping[str, Any]] = [EVERY_CLIP.to_json()]
"""Of a folder that was written before there were views: all clips were mined and asked about."""
_REMEDY = {
    "negatives": "Run `skeletonllm mine-negatives --protocol NAME`",
    "rationales": "Run `skeletonllm build-rationales --protocol NAME`",
    "questions": "Write a table of questions",
}


def summarize_views(
    negatives: pa.Table, rationale_views: Iterable[Sequence[Mapping[str, Any]] | None]
) -> dict[str, list[dict[str, Any]]]:
    """For which views there are negatives and rationales, and how many rows of each.

    Args:
        negatives: Rows of :data:`schemas.NEGATIVE`.
        rationale_views: Column ``views`` of :data:`schemas.RATIONALE`: None for all clips.

    Example:
        >>> from schemas import NEGATIVE
        >>> views = summarize_views(NEGATIVE.arrow.empty_table(), [None, None])
        >>> views["rationales"]
        [{'name': 'all', 'sha256': None, 'rows': 2}]
    """
    mined = zip(*(negatives.column(c).to_pylist() for c in ("view", "view_sha256")), strict=True)
    whole = [EVERY_CLIP.to_json()]
    asked = [(v["name"], v["sha256"]) for views in rationale_views for v in views or whole]
    return {"negatives": _tally(mined), "rationales": _tally(asked)}


def _tally(views: Iterable[tuple[str, str | None]]) -> list[dict[str, Any]]:
    counts = sorted(Counter(views).items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return [{"name": name, "sha256": sha, "rows": rows} for (name, sha), rows in counts]


def read_asked_views(folder: str) -> Asked:
    """For which views a release, or a folder of shards, holds negatives and rationales.

    A folder that does not say it was written before there were views: then it is all clips, and
    negatives only if there is a table of them.
    """
    manifest = find_manifest(folder)
    views: Asked | None = manifest.data.get("views")
    if views is None and manifest.has(VIEWS):
        views = read_checked_json(folder, VIEWS, manifest)
    if views is None:
        mined = _WHOLE if manifest.has(NEGATIVES) else []
        return {"negatives": mined, "rationales": _WHOLE}
    return views


class Refused(Sequence[Any]):
    """In the place of what a view may not take: whoever looks into it gets the reason.

    Args:
        error: What is raised.
    """

    def __init__(self, error: SkeletonLLMError) -> None:
        self.error = error

    def __getitem__(self, index: Any) -> NoReturn:
        """Raise the error, whatever is asked for."""
        raise self.error.with_traceback(None)

    def __len__(self) -> NoReturn:
        """Raise the error."""
        raise self.error.with_traceback(None)


class OwnShare:
    """What one view may take of the negatives, rationales and questions of a release.

    Negatives and rationales belong to the split of a view: stages that ask more of a sample
    (``having``) share them.

    Args:
        release: Folder of a release, or of a shards stage.
        view: Of a stream.
        split: That the view is cut from; None if it is one itself.
        name: Of the view, for messages; "" if it has none.
        hidden: Labelled clips of the same classes' namespaces that the split leaves out: a ranking
            of all clips has looked at them (:func:`count_hidden`).
        allow_all: Take that ranking nevertheless, and say so once in the log.
    """

    def __init__(
        self,
        release: str,
        view: View,
        *,
        split: View | None = None,
        name: str = "",
        hidden: int = 0,
        allow_all: bool = False,
    ) -> None:
        own = (split or view).split
        self._where, self._view, self._sha = release, view, own.sha256
        self._whole = own == EVERY_CLIP.view
        self._name = ALL_CLIPS if self._whole else name
        self._hidden = 0 if self._whole else hidden  # what was mined from all is its own then
        self._made = read_asked_views(release)
        self._ranked = self._own_ranking()
        self._refused = {
            "negatives": self._refuse_negatives(allow_all),
            "rationales": self._refuse_rationales(),
        }
        self._questions: Questions | None = None
        if "questions" in view.having:
            self.check("questions")

    def check(self, kind: Kind) -> None:
        """Refuse now what would be refused once it is looked at.

        Questions are read here, and nowhere else: a stage that uses none must not hold them all.

        Args:
            kind: What will be needed.

        Raises:
            UsageError: There is none for this view; the message names this view and the others.
        """
        if kind == "questions" and has_questions(self._where):
            self._questions = self._questions or Questions.open(self._where)
            return
        if not self._made.get(kind):
            expected = f"those of {self._described()}"
            hint = f"{_REMEDY[kind]}, build the shards and cut the release again."
            raise UsageError(f"no {kind} at all", expected=expected, where=self._where, hint=hint)
        if (refused := self._refused[kind]) is not None:
            raise refused.error.with_traceback(None)

    def take(self, sample: Sample) -> tuple[Sample, LeftOut]:
        """(the sample with what is this view's, how many of its texts are not).

        Args:
            sample: As it lies in the release, without a word about unseen classes.
        """
        told = tuple(row for row in sample.rationales if self._is_own(row))
        others = len(sample.rationales) - len(told)
        refused = self._refused["rationales"]
        rationales = refused if refused is not None and others else told
        asked = () if self._questions is None else self._questions.of(sample.clip.clip_id)
        questions = self._view.select_questions(sample, asked)
        # Not `replace`: of every sample of an epoch it would take a thirtieth of the time.
        own = Sample(sample.clip, rationales, self._rank(sample), questions, sample.weight)
        left_out = LeftOut(others, 0, len(asked) - len(questions)) if others or asked else NOTHING
        return own, left_out

    def _rank(self, sample: Sample) -> Sequence[str]:
        if sample.label is None:
            return ()
        refused = self._refused["negatives"]
        of_class = self._ranked.get((sample.clip.label_namespace or "", sample.label), ())
        # What was never ranked is not refused, unless nothing says that it was not.
        known = not self._made["negatives"] or ALL_CLIPS in self._names("negatives")
        return of_class if refused is None or (known and not of_class) else refused

    def _is_own(self, rationale: Mapping[str, Any]) -> bool:
        views = rationale.get("views")
        return views is None or self._sha in {view["sha256"] for view in views}

    def _has_own(self, kind: str) -> bool:
        return self._sha in {made["sha256"] for made in self._made[kind]}

    def _own_ranking(self) -> Ranking:
        """The ranking of this view, or else that of all clips; empty where there is neither."""
        if self._has_own("negatives"):
            return read_ranking(self._where, self._sha, self._view.shows)
        if ALL_CLIPS in self._names("negatives"):
            return read_ranking(self._where, None, self._view.shows)
        return {}

    def _refuse_negatives(self, allow_all: bool) -> Refused | None:
        if self._has_own("negatives") or not self._made["negatives"]:
            return None
        if ALL_CLIPS not in self._names("negatives"):
            return self._refuse("negatives")
        if not self._hidden:
            return None
        seen = f"{self._hidden} clips that {self._described()} leaves out"
        if allow_all:
            log.warning("negatives of all labelled clips are used: they were mined from %s", seen)
            return None
        hint = f"They were mined from {seen}; allow_all=True takes them nevertheless."
        return self._refuse("negatives", hint)

    def _refuse_rationales(self) -> Refused | None:
        names = self._names("rationales")
        if not names or ALL_CLIPS in names or self._has_own("rationales"):
            return None
        return self._refuse("rationales")

    def _refuse(self, kind: Kind, more: str = "") -> Refused:
        others = ", ".join(_describe(made["name"], made["sha256"]) for made in self._made[kind])
        remedy = f"{_REMEDY[kind]}, build the shards and cut the release again."
        if self._whole:
            remedy = remedy.replace(" --protocol NAME", "")
        elif self._name:
            remedy = remedy.replace("NAME", self._name)
        return Refused(
            UsageError(
                f"{kind} of {others}",
                expected=f"those of {self._described()}",
                where=self._where,
                hint=f"{more} {remedy}".strip(),
            )
        )

    def _described(self) -> str:
        return _describe(self._name or "this view", self._sha)

    def _names(self, kind: Kind) -> set[str]:
        return {made["name"] for made in self._made[kind]}


def count_hidden(index: pa.Table, rows: pa.Table) -> int:
    """Labelled clips that a view leaves out, in the namespaces of those it sees.

    Args:
        index: All rows of :data:`schemas.SAMPLE` of a release.
        rows: Those that the ``split`` of the view selects: a stage that asks for more than it
            (``having``) hides nothing from what was mined.
    """
    labelled = index.filter(pc.is_valid(index.column("label")))
    spaces = pc.unique(rows.column("label_namespace"))
    mined = labelled.filter(pc.is_in(labelled.column("label_namespace"), value_set=spaces))
    seen: int = pc.sum(pc.is_valid(rows.column("label"))).as_py()
    return len(mined) - seen


def _describe(name: str, sha256: str | None) -> str:
    """A view as messages name it: ``'ntu60/55-5' (3fa2b1c09d8e)``."""
    if name == ALL_CLIPS:
        return "'all' (all labelled clips)"
    return f"{name if ' ' in name else repr(name)} ({(sha256 or '')[:12]})"
