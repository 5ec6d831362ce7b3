"""What counts as a fault of a clip: each limit with its reason, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong with a clip.

    Args:
        name: As it stands in ``faults``.
        title: What is checked, in a few words.
        sound: What is said of a corpus without this fault.
        found: What is said of clips that have it: "3 clips" and this.
        advice: What to do about them.
        amount: From a row of measurements to how bad it is; above 1 is a fault, None is not
            measured.
        reason: From a row with this fault to a sentence about it.
        at: The column that says where.
        needs: Why it may not be measured, behind a colon.
    """

    name: str
    title: str
    sound: str
    found: str
    advice: str
    amount: Callable[[Row], float | None]
    reason: Callable[[Row], str]
    at: str = ""
    needs: str = ""


DRIFT = 0.25
"""A long bone may vary by this share of its length (standard deviation). Sensors of the Kinect era
stay below 0.1 on a person who faces them and reach 0.2 with hidden limbs; motion capture has 0."""
FROZEN = 5
"""Identical frames in a row. Sensors repeat a frame now and then, never so often."""
REPEATED = 0.2
"""Share of frames that repeat the one before: a corpus written at a multiple of its true rate."""
OUTSIDE = 0.01
"""Share of joints outside the picture, where pose networks guess; in space one joint is enough."""
SHORTEST, TALLEST = 0.9, 2.3
"""Metres: a child of three, and taller than anybody but a few dozen people. Heights are estimated
from limbs, which for Kinects is up to a fifth too small; a wrong unit is far beyond."""
MISSING = 0.2
"""Share of joints that are missing."""
EMPTY = 0.2
"""Share of frames with nobody."""
FEWEST = 8
"""Frames of a clip in which something can happen; shorter ones are cut or broken."""


def _height(row: Row) -> float | None:
    heights = [height for height in row["heights"] if height is not None]
    if not heights:
        return None
    return max(max(SHORTEST / height, height / TALLEST) for height in heights)


def _mirrored(row: Row) -> float | None:
    if row["mirrored"] is None:
        return None
    return 1.0 - float(row["handedness"]) if row["mirrored"] else 0.0


def _outside(row: Row) -> float | None:
    if row["space"] != "image" and not row["metric"]:
        return None
    if row["space"] == "image":
        return float(row["outside"] / OUTSIDE)
    return 2.0 + float(row["outside"]) if row["outside"] else 0.0


def _frozen(row: Row) -> float:
    share = row["repeated_frames"] / max(row["frames"] - 1, 1)
    run = row["frozen_frames"] / (FROZEN - 0.5) if row["frozen_frames"] > 1 else 0.0
    return float(max(run, share / REPEATED if row["repeated_frames"] > 1 else 0.0))


def _who(row: Row, at: str) -> str:
    spot = row[at]
    person = f" of person {spot['person']}" if row["persons"] > 1 else ""
    return f"{(spot['joint'] or 'the whole body').replace('_', ' ')}{person}"


def _speed_said(row: Row) -> str:
    unit = "m/s" if row["metric"] else "body heights a second"
    times = f"{row['jumps']} frames with jumps" if row["jumps"] > 1 else "one jump"
    return f"{_who(row, 'speed_at')} at {row['speed']:.0f} {unit}; {times}"


CHECKS: tuple[Check, ...] = (
    Check(
        "jump",
        "Jumps",
        "No joint moves faster than a human can",
        "with a joint that moves faster than a human can",
        "leave them out; if there are many, frames were lost or the frame rate is wrong",
        lambda row: row["speed_of_limit"],
        _speed_said,
        "speed_at",
        ": it takes two frames of a person of known size",
    ),
    Check(
        "bone_drift",
        "Bone lengths",
        "Bones keep their length",
        f"with a long bone that varies by more than {DRIFT:.0%}",
        "trust joint angles and positions there less; hidden limbs are guessed by the sensor",
        lambda row: None if row["drift"] is None else row["drift"] / DRIFT,
        lambda row: f"{_who(row, 'drift_at')} varies by {row['drift']:.0%} of its length",
        "drift_at",
        ": a plane foreshortens bones",
    ),
    Check(
        "swapped_sides",
        "Left and right",
        "Left and right limbs never change places",
        "with left and right limbs that change places",
        "exchange the sides on one side of the frame in swapped_at, or leave these clips out",
        lambda row: 2.0 * row["swapped_frames"],
        lambda row: (
            f"{_who(row, 'swapped_at')} exchanged in {row['swapped_frames']} "
            f"of {row['frames']} frames"
        ),
        "swapped_at",
    ),
    Check(
        "mirrored",
        "Mirror images",
        "Nobody's left is called right",
        "that look mirrored, by where toes, knees and elbows point",
        "exchange left and right if it is the whole corpus; 3 right clips in 1,000 look so, too",
        _mirrored,
        lambda row: f"evidence {row['handedness']:+.2f} (-1: mirrored beyond doubt)",
        needs=": it takes depth, and hips, shoulders and knees",
    ),
    Check(
        "frozen",
        "Frozen frames",
        "No pose is frozen",
        f"with one pose for {FROZEN} frames or more, to the last bit",
        "cut the frozen frames out; if every clip repeats frames, its true frame rate is lower",
        _frozen,
        lambda row: (
            f"the same pose {row['frozen_frames']} frames in a row; "
            f"{row['repeated_frames']} of {row['frames']} frames repeat the one before"
        ),
        "frozen_at",
    ),
    Check(
        "outside",
        "Out of reach",
        "All joints lie within the sensor's reach, or the picture",
        "with joints beyond the sensor's reach, or outside the picture",
        "check unit and origin; zeros may be lost joints, root-centred data are no camera space",
        _outside,
        lambda row: f"{row['outside']:.1%} of the joints, farthest {_who(row, 'outside_at')}",
        "outside_at",
        ": no unit says what reach is",
    ),
    Check(
        "height",
        "Body heights",
        "Everybody is as tall as people are",
        f"with persons below {SHORTEST} m or above {TALLEST} m",
        "check the unit that was declared for this corpus",
        _height,
        lambda row: "heights of " + ", ".join(f"{h:.2f} m" for h in row["heights"] if h),
        needs=": there is no unit",
    ),
    Check(
        "missing",
        "Missing joints",
        "Joints are seen in most frames",
        f"with more than {MISSING:.0%} of the joints missing",
        "a renderer will not draw them; leave these clips out where whole limbs matter",
        lambda row: row["missing"] / MISSING,
        lambda row: f"{row['missing']:.0%} of the joints are missing",
    ),
    Check(
        "empty",
        "Empty frames",
        "Somebody is there in nearly every frame",
        f"with nobody in more than {EMPTY:.0%} of the frames",
        "cut the empty ends, or leave these clips out",
        lambda row: row["empty_frames"] / row["frames"] / EMPTY,
        lambda row: f"{row['empty_frames']} of {row['frames']} frames show nobody",
    ),
    Check(
        "short",
        "Length",
        "No clip is cut short",
        f"of fewer than {FEWEST} frames",
        "leave them out: nothing can happen in so few",
        lambda row: (FEWEST - 0.5) / row["frames"],
        lambda row: f"{row['frames']} frames",
    ),
    Check(
        "duplicate",
        "Same motion twice",
        "No motion comes twice",
        "with the motion of another clip",
        "keep one of each pair of duplicates.parquet; across a split they leak test into training",
        lambda row: 2.0 if row["same_as"] else 0.0,
        lambda row: f"{row['same_kind']} copy of {row['same_as']}",
    ),
    Check(
        "unmeasured",
        "Measured",
        "Every clip could be measured",
        "of which something could not be measured",
        "leave them out: what is said of them here is not all; please report it",
        lambda row: 2.0 if row["unmeasured"] else 0.0,
        lambda row: f"not measured: {row['unmeasured']}",
    ),
    Check(
        "label_conflict",
        "Same motion, two labels",
        "No motion has two labels",
        "with the motion of another clip, under another label",
        "decide which label is right, or leave both out",
        lambda row: 4.0 if row["label_conflict"] else 0.0,
        lambda row: f"the motion of {row['same_as']} under another label",
    ),
)
"""In the order of the report."""


def list_faults(row: Row) -> list[str]:
    """Names of the checks that a row of measurements fails.

    Example:
        >>> list_faults({**sound, "swapped_frames": 3})  # doctest: +SKIP
        ['swapped_sides']
    """
    return [check.name for check in CHECKS if (check.amount(row) or 0.0) > 1]
