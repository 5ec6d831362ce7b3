"""Lines of a drafted YAML: told by the file with the evidence, or to be filled in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from skeletonllm.corpora.generic.evidence import hint_missing, hint_unit, hint_up
from skeletonllm.corpora.generic.keys import FILL_IN
from skeletonllm.corpora.rigs.joint_words import joint_of_word
from skeletonllm.corpora.rigs.markers.bones import draw_bones
from skeletonllm.corpora.toolkit.clock import clock_of, seconds_of
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.topology import VOCABULARY, list_built_in

WIDTH = 100
"""Columns of a line of joints or bones."""


@dataclass
class Draft:
    """Lines of a YAML, in order.

    Args:
        lines: As they stand in the file.
    """

    lines: list[str] = field(default_factory=list)

    def say(self, key: str, value: str, why: str = "") -> None:
        """A line that is told by the file.

        Args:
            key: The key.
            value: As YAML.
            why: The evidence.
        """
        self.lines.append(f"{key}: {value}" + (f"  # {_flat(why)}" if why else ""))

    def ask(self, key: str, what: str) -> None:
        """A line that the user must fill in.

        Args:
            key: The key.
            what: What to fill in, and what the file hints at.
        """
        self.lines.append(f"{key}:  # {FILL_IN}: {_flat(what)}")

    def note(self, text: str) -> None:
        """A comment.

        Args:
            text: What it says.
        """
        self.lines.append(f"# {_flat(text)}")

    def text(self) -> str:
        """The YAML."""
        return "\n".join(self.lines) + "\n"


def say_joints(draft: Draft, written: list[str], dims: int) -> bool:
    """Lines of the skeleton of named joints, and whether it is a known one.

    Args:
        draft: Gets the lines.
        written: Joints as the file calls them; each means a joint of its own.
        dims: Coordinates of each.
    """
    words = tuple(name if _is_word(name) else joint_of_word(name) or name for name in written)
    known = sorted(
        name
        for name, made in list_built_in().items()  # what a file brought, others do not know
        if made.dims == dims and sorted(made.joints) == sorted(words)
    )
    if known:
        also = f", as {', '.join(known[1:4])}" if known[1:] else ""
        draft.say("topology", known[0], f"it has these {len(words)} joints{also}")
        return True
    told = " ".join((*words, *written, str(dims)))  # one name, one skeleton
    mark = hashlib.sha256(told.encode()).hexdigest()[:6]
    draft.say("topology", f"lab_{len(words)}_{mark}", "a new skeleton; any name of your own")
    _say_list(draft, "joints", [quote(name) for name in written], "in the order of the file")
    pairs = [*draw_bones(list(words)), *_join_trunk(words)]
    bones = [f"[{quote(written[a])}, {quote(written[b])}]" for a, b in dict.fromkeys(pairs)]
    _say_list(draft, "bones", bones, "as a body has them; check them")
    if dims == 2:
        draft.say("dims", "2", "no third coordinate")
    return False


def clock_line(values: Raw, name: str) -> str | None:
    """What times say of the rate; None where they are no times.

    Args:
        values: As they are written.
        name: Of the column or array.
    """
    times = np.unique(values[np.isfinite(values)])
    if len(times) < 2:
        return None
    try:
        seconds, _ = seconds_of(times, name)
        clock = clock_of(seconds)
    except SourceError:
        return None
    if clock is None:
        return None
    step = float(np.median(np.diff(seconds)))
    if not clock.regular:
        return (
            f"{step:.4g} s apart, unevenly: some {clock.rate:.4g} frames a second; "
            "add fps: and they are brought to it, or leave it and they are flagged"
        )
    return f"{step:.4g} s apart: {clock.rate:.5g} frames a second, so that fps: is not needed"


def _join_trunk(words: tuple[str, ...]) -> list[tuple[int, int]]:
    """Bones from shoulder to hip where no joint of the spine lies between, and to the nose."""
    at = {word: i for i, word in enumerate(words)}
    spine = at.keys() & {"pelvis", "spine", "lower_spine", "upper_spine", "neck"}
    ends = [] if spine else [(f"{side}_shoulder", f"{side}_hip") for side in ("left", "right")]
    if "nose" in at:
        above = next((word for word in ("head", "neck", "left_shoulder") if word in at), "")
        ends.append((above, "nose"))
    return [(at[a], at[b]) for a, b in ends if a in at and b in at]


def say_space(draft: Draft, raw: Raw, joints: tuple[str, ...], unit: str = "") -> None:
    """Lines of unit, axes, picture and missing joints.

    Args:
        draft: Gets the lines.
        raw: Coordinates [N, J, D] in the order of the file.
        joints: What they are; empty where nobody knows.
        unit: As the file states it, if it does.
    """
    marks, evidence = hint_missing(raw)
    clean = raw.copy()
    for mark in marks:
        clean[(clean == mark).all(-1)] = float("nan")
    hint = hint_unit(clean)
    if unit:
        draft.say("units", unit, f"the file says so; {hint}")
    else:
        draft.ask("units", f"m, cm, mm, inch, ft, px, share or none; {hint}")
    if raw.shape[-1] == 2:
        draft.ask("image_size", "[width, height] of the picture in pixels")
    else:
        up, why = hint_up(clean, joints) if joints else ("", "")
        if up:
            draft.say("up", up, why)
        else:
            draft.ask("up", "x, y, z, -x, -y or -z; nothing in the file tells")
        draft.note("handed: left  # where the axes are left-handed, as in Unity")
    if marks:
        words = ["zero" if mark == 0 else f"{mark:g}" for mark in marks]
        draft.say("missing", f"[nan, {', '.join(words)}]", f"{evidence}; check it")


def _say_list(draft: Draft, key: str, items: list[str], why: str) -> None:
    """A list of YAML over several lines."""
    draft.lines.append(f"{key}:  # {why}")
    line = "  ["
    for i, item in enumerate(items):
        piece = item + (", " if i < len(items) - 1 else "]")
        if len(line) + len(piece) > WIDTH:
            draft.lines.append(line.rstrip())
            line = "   "
        line += piece
    draft.lines.append(line if items else "  []")


def _is_word(name: str) -> bool:
    return name.partition(".")[0] in VOCABULARY


_YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")


def quote(name: str) -> str:
    """A name as YAML has it.

    Example:
        >>> quote("LHip"), quote("hip: 1")
        ('LHip', "'hip: 1'")
    """
    plain = name.replace("_", "a").replace(" ", "a").replace(".", "a").replace("-", "a")
    odd = not (plain.isascii() and plain.isalnum()) or name.lower() in _YAML_WORDS
    odd = odd or not name[:1].isalpha() or name != name.strip()
    return "'" + name.replace("'", "''") + "'" if odd else name


def _flat(text: str) -> str:
    """A comment of one line."""
    return " ".join(text.split())[:300]
