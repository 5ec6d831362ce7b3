"""Steps on clips that change nothing but which person rows there are, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skeletonllm.clip import Clip
from skeletonllm.errors import SourceError
from skeletonllm.kinematics.persons import find_absent, rank_persons
from skeletonllm.normalize.ghosts import ENOUGH, GHOST, score_ghosts


def select_persons(clip: Clip, persons: Sequence[int]) -> Clip:
    """The clip of the given person rows, in the given order, with their ids.

    Args:
        clip: Any clip.
        persons: Rows of its motion.
    """
    if tuple(persons) == tuple(range(clip.motion.num_persons)):
        return clip
    return replace(
        clip,
        motion=clip.motion.select_persons(persons),
        person_ids=tuple(clip.person_ids[person] for person in persons),
        filled=None if clip.filled is None else clip.filled[:, list(persons)],
        slots=None if clip.slots is None else clip.slots[:, list(persons)],
    )


def add_flag(clip: Clip, flag: str) -> Clip:
    """The clip with a flag, once.

    Args:
        clip: Any clip.
        flag: One of :data:`skeletonllm.normalize.FLAGS`, perhaps with a colon and a reason.
    """
    return clip if flag in clip.flags else replace(clip, flags=(*clip.flags, flag))


def drop_ghosts(clip: Clip) -> Clip:
    """Leave out persons who are never present, and ghosts, with a flag that says why.

    The flag is :data:`~skeletonllm.normalize.ghosts.GHOST`, a colon, and the reason, such as
    ``ghost_dropped:spread``. Where all look like ghosts, the one who does least is kept.

    Raises:
        SourceError: ``no_body`` where nobody shows enough joints to be anything.
    """
    scores, nobody = score_ghosts(clip.motion), set(find_absent(clip.motion))
    there = [p for p in range(len(scores)) if p not in nobody]
    bodies = [p for p in there if not scores[p].parts["joints"]]
    if not bodies:
        found = f"{len(scores)} persons, none with enough observed joints"
        raise SourceError("no_body", found, where=clip.clip_id)
    likely = min(bodies, key=lambda p: scores[p].score)
    kept = [p for p in bodies if p == likely or scores[p].score < ENOUGH]
    for reason in sorted({scores[p].reason for p in there if p not in kept}):
        clip = add_flag(clip, f"{GHOST}:{reason}")
    return select_persons(clip, kept)


def order_persons(clip: Clip) -> Clip:
    """The main person in row 0, see :func:`skeletonllm.kinematics.persons.rank_persons`."""
    return select_persons(clip, rank_persons(clip.motion))
