"""What counts as a fault of a clip: each limit, its reason, and what to do about the fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong with a clip.

    Args:
        name: Name of the fault in the column ``faults``.
        title: What is checked, in a few words.
        sound: Sentence for a corpus without this fault.
        found: End of the sentence for clips that have it; it begins "3 clips".
        advice: What to do about them.
        amount: From a row of measurements to a multiple of the limit: above 1 is a fault, None is
            not measured.
        reason: From a row with this fault to a sentence about it.
        at: The column that holds the place; empty if the fault has no place.
        needs: What the measurement needs, behind a colon; empty if it is always possible.
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
"""Identical frames in a row. Sensors repeat one frame now and then, never four in a row. With 2,
such single repeats would be faults; with 30, a sensor that hangs for a second would pass."""
REPEATED = 0.2
"""Share of frames that repeat the one before. A corpus written at twice its true frame rate has
0.5, at 1.25 times its rate 0.2; sound recordings have almost none."""
OUTSIDE = 0.01
"""Share of joints outside the picture. Pose networks guess joints there, and a hand that leaves
the picture for a moment is no fault; in space one joint out of range is enough."""
SHORTEST, TALLEST = 0.9, 2.3
"""Metres: a child of three, and taller than anybody but a few dozen people. Heights are estimated
from limbs, which for Kinects is up to a fifth too small; a wrong unit is far beyond."""
MISSING = 0.2
"""Share of joints that are missing. One whole limb of five is a fifth; below it, a face or a hand
out of sight would already be a fault."""
EMPTY = 0.2
"""Share of frames with nobody. Short empty ends of a recording pass; a clip in which the person
is away for a fifth of the time may miss the action."""
FEWEST = 8
"""Frames of a clip: a quarter of a second at 30 frames a second. Shorter ones are cut or broken;
the shortest actions of the corpora that we read take longer."""


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


def _describe_speed(row: Row) -> str:
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
        _describe_speed,
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
        "Out of range",
        "All joints lie within the sensor's range, or the picture",
        "with joints beyond the sensor's range, or outside the picture",
        "check unit and origin; zeros may be lost joints, root-centred data are no camera space",
        _outside,
        lambda row: f"{row['outside']:.1%} of the joints, farthest {_who(row, 'outside_at')}",
        "outside_at",
        ": no unit says what the range is",
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
        "leave them out: their measurements are not complete; please report it",
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
