"""From a clip to questions with checked answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from skeletonllm.clip import Clip
from skeletonllm.questions.checking import find_fault
from skeletonllm.questions.draft import Draft, Made
from skeletonllm.questions.facts import Facts, find_facts
from skeletonllm.questions.kinds.body_parts import draft_heights, draft_parts
from skeletonllm.questions.kinds.causes import draft_causes
from skeletonllm.questions.kinds.counts import draft_counts
from skeletonllm.questions.kinds.directions import draft_directions
from skeletonllm.questions.kinds.lengths import draft_lengths, draft_speeds
from skeletonllm.questions.kinds.order import draft_orders
from skeletonllm.questions.kinds.persons import draft_same, draft_who
from skeletonllm.questions.kinds.sides import draft_sides
from skeletonllm.questions.people import find_cast
from skeletonllm.views.unseen import hide_names

MAKERS: dict[str, Callable[[Facts], Iterator[Draft]]] = {
    "order": draft_orders,
    "side": draft_sides,
    "count": draft_counts,
    "cause": draft_causes,
    "direction": draft_directions,
    "body_part": draft_parts,
    "attribute": draft_heights,
    "duration": draft_lengths,
    "speed": draft_speeds,
}
"""Kind -> who drafts it of one person; ``person`` is drafted of two. A new kind is a line here."""

MOST_OF_KIND = 2
"""Questions of one kind about a person: more would ask the same again in a clip of two seconds."""
TRIED = 8
"""Drafts of one kind that are checked: those that come later matter less."""
UNTOLD = "no_persons_to_ask_about"
NAMED = "names_its_class"
SAME = "same_words"


def make_questions(clip: Clip) -> Made:
    """Questions about a clip, each with an answer that the joints bear out.

    Nothing but the motion is looked at, so a wrong label makes no wrong question. The label is
    only looked for in what was written, to leave out what names it.

    Args:
        clip: With or without a label; the same clip gives the same questions.

    Example:
        >>> for row in make_questions(clip).rows:  # doctest: +SKIP
        ...     print(row["question"], row["choices"], row["answer"])
    """
    cast = find_cast(clip.motion)
    if cast is None or not cast.rows:
        return Made(dropped=Counter({("any", UNTOLD): 1}))
    everyone = find_facts(clip.clip_id, clip.motion, cast)
    made = Made()
    keeper = _Keeper(clip, made.dropped)
    rows = [row for kind, drafts in _list_drafts(everyone) for row in keeper.keep(kind, drafts)]
    return Made(tuple(rows), made.dropped)


def _list_drafts(everyone: Sequence[Facts]) -> Iterator[tuple[str, Iterator[Draft]]]:
    for facts in everyone:
        if facts.cast.are_told_apart:
            yield from ((kind, draft(facts)) for kind, draft in MAKERS.items())
    if len(everyone) > 1:
        if everyone[0].cast.places:
            yield "person", draft_who(everyone)
        yield "person", draft_same(everyone)


class _Keeper:
    """Checks drafts of one clip, and numbers those of a kind that may be asked."""

    def __init__(self, clip: Clip, dropped: Counter[tuple[str, str]]) -> None:
        self._clip, self._dropped = clip, dropped
        self._numbers: Counter[str] = Counter()

    def keep(self, kind: str, drafts: Iterator[Draft]) -> Iterator[dict[str, object]]:
        """Rows of the first drafts that pass; why the others do not is counted."""
        kept = 0
        for draft in islice(drafts, TRIED):
            reason = self._find_reason(draft)
            if reason:
                self._dropped[kind, reason] += 1
                continue
            yield draft.to_row(self._clip.clip_id, self._numbers[kind])
            self._numbers[kind] += 1
            kept += 1
            if kept == MOST_OF_KIND:
                return

    def _find_reason(self, draft: Draft) -> str:
        said = [text.casefold() for text in (draft.answer, *draft.wrong)]
        if len(set(said)) < len(said) or len(set(draft.choices or said)) < 2:
            return SAME
        if self._clip.label and hide_names((self._clip.label,)).find_told(" ".join(draft.texts)):
            return NAMED
        return find_fault(draft, self._clip.motion)
