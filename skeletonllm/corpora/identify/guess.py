"""What does a folder or file hold? Every reader tries a few files, and says why or why not.

Certain is only what the bytes say: a header, a key, names of joints, a list. What follows from a
shape, a count or a name is a guess (:data:`skeletonllm.corpora.toolkit.assumed.GUESSED`), however
well all files could be read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import PurePosixPath

from skeletonllm.corpora.formats.archives import locate, root_of
from skeletonllm.corpora.formats.once import parse_once
from skeletonllm.corpora.reader import Reader, Reject, read_clips, readers
from skeletonllm.corpora.toolkit.assumed import GUESSED
from skeletonllm.defaults import TRIED
from skeletonllm.errors import UsageError

LEAD = 0.15
"""By how much the best has to lead the next for there to be no doubt."""

_READ, _CLEAN, _LABELLED, _NAMED = 0.6, 0.15, 0.15, 0.1
_GUESSED = 0.2
"""What a guess costs: more than the lead, so that a reader with evidence is ahead of it."""

_GENERAL = ("format", "encoding", "empty", "unsafe")
"""Codes of refusals by which a reader says that a file is none of its own, or none that it opens.
"""

_WITHIN = re.compile(
    r"\b(line|row|frame|record|annotation|detection|person) [1-9]|keypoints?\b|joints of a body"
    r"|\.ya?ml:|two rows of|total_frames|\bmotions\b"
)
"""A place within a file, or a thing that only its own reader knows: who says so came that far."""


@dataclass(frozen=True)
class Guess:
    """What one reader makes of a path.

    Args:
        corpus: The reader's name, what ``--corpus`` takes.
        score: 0..1: 0.6 for the share of the tried files that were read, 0.15 each for all of
            their parts being read and for labels or captions in them, 0.1 for a path that bears the
            corpus' name; less 0.2 where a shape or a name is all it goes by; 0 if nothing was read.
        listed: Sources of its format below the path.
        tried: Those it was given to read.
        read: Those that gave a clip, or lack nothing but a body model.
        certain: All tried were read, the bytes say what they are, and no other reader comes near.
        reasons: Why, or why not, as sentences.
        guessed: Whether it goes by a shape, a count or a name alone.
        nearness: Of a reader that read nothing: how far it came into a file, from 0 to 2.
    """

    corpus: str
    score: float
    listed: int
    tried: int
    read: int
    certain: bool
    reasons: tuple[str, ...]
    guessed: bool = False
    nearness: int = 0


def identify_corpus(path: str, tried: int = TRIED) -> list[Guess]:
    """Guesses of all readers that find files of their format, the best first.

    Variants of one corpus (``pku_mmd`` and ``pku_mmd_background``) count as one: the best, and of
    equals the first by name, stands for all.

    Args:
        path: A file or folder of raw files; a path or a URL.
        tried: Sources that each reader reads.

    Raises:
        UsageError: There is no such path.

    Example:
        >>> identify_corpus("all_sqe")[0].corpus  # doctest: +SKIP
        'nw_ucla'
    """
    try:
        fs, base = locate(root_of(path))
        there = not base or fs.exists(base)
    except OSError:
        there = False
    if not there:
        raise UsageError("no such file or folder", where=path, hint="Check the path.")
    best: dict[str, Guess] = {}
    known = readers()
    with parse_once():
        for name, reader in known.items():
            family = next(short for short in known if f"{name}_".startswith(f"{short}_"))
            guess = _guess(reader, path, tried)
            if guess is not None and (family not in best or guess.score > best[family].score):
                best[family] = guess
    ranked = sorted(best.values(), key=lambda guess: (-guess.score, guess.corpus))
    return [_judged(guess, i, ranked) for i, guess in enumerate(ranked)]


def _guess(reader: Reader, path: str, tried: int) -> Guess | None:
    """What one reader makes of the path; None if nothing there is of its format."""
    try:
        sources = reader.sources(path)
    except UsageError:
        return None
    except Exception as error:  # a lab's own reader must not end the search
        reason = f"listing failed: {type(error).__name__}: {error}"
        return Guess(reader.name, 0.0, 0, 0, 0, False, (reason,))
    whole = [source for source in sources if not source.fault][:tried]
    results = [read_clips(reader, source) for source in whole]
    clips = [clip for found, _ in results for clip in found]
    rejects = [reject for _, refused in results for reject in refused]
    read = sum(bool(found) or _is_known(refused) for found, refused in results)
    reasons = [f"{read} of {len(whole)} files tried were read"]
    named = bool(read) and reader.name.replace("_", "") in _plain(path)
    score = _READ * read / max(1, len(whole)) + _NAMED * named
    guessed = sorted(GUESSED.intersection(chain.from_iterable(clip.flags for clip in clips)))
    if clips:
        labelled = sum(clip.label is not None or bool(clip.captions) for clip in clips)
        score += _CLEAN * (not rejects) + _LABELLED * labelled / len(clips)
        skeletons = Counter(clip.motion.topology.name for clip in clips)
        reasons.append(f"skeleton {', '.join(skeletons)}")
        reasons.append(f"{labelled} of {len(clips)} clips have a label or caption")
    if guessed:
        score -= _GUESSED
        reasons.append(f"that follows from a shape, a count or a name ({', '.join(guessed)})")
    reasons += ["the path bears its name"] if named else []
    reasons += [_why_not(rejects)] if rejects else []
    return Guess(
        reader.name,
        round(score, 3),
        len(sources),
        len(whole),
        read,
        False,
        tuple(reasons),
        bool(guessed),
        0 if read else max((rate_nearness(reject) for reject in rejects), default=0),
    )


def find_nearest(guesses: Sequence[Guess]) -> Guess | None:
    """Of readers that read nothing, the one that came farthest; None where all turned away."""
    near = [guess for guess in guesses if not guess.read and guess.nearness]
    return max(near, key=lambda guess: guess.nearness, default=None)


def rate_nearness(reject: Reject) -> int:
    """2 where the fault is one of the motion, 1 where it lies within the file, else 0."""
    if reject.code not in _GENERAL:
        return 2
    found, _, expected = reject.message.partition("; expected ")
    return int(bool(_WITHIN.search(found)) or expected.startswith("those of the YAML"))


def _judged(guess: Guess, rank: int, ranked: list[Guess]) -> Guess:
    """The guess, certain if it leads, goes by the bytes, and all that was tried was read."""
    next_best = ranked[1].score if len(ranked) > 1 else 0.0
    leads = rank == 0 and guess.score - next_best >= LEAD
    doubt = rank == 0 and guess.read and not leads
    reasons = (*guess.reasons, f"{ranked[1].corpus} comes near") if doubt else guess.reasons
    certain = leads and guess.read == guess.tried > 0 and not guess.guessed
    return replace(guess, certain=certain, reasons=reasons)


def _plain(path: str) -> str:
    """The last two names of a path, as letters and digits."""
    names = PurePosixPath(path).parts[-2:]
    return "".join(c for c in "/".join(names).lower() if c.isalnum() or c == "/")


def _is_known(rejects: list[Reject]) -> bool:
    """Whether a file is of the format, though its joints need a body model that is not there."""
    return any(reject.code == "no_body_model" for reject in rejects)


def _why_not(rejects: list[Reject]) -> str:
    first = rejects[0]
    return f"refused ({first.code}): {first.message[:160]}"
