"""Files a reader must reject, and say why: the public test input for robustness."""

from __future__ import annotations

from pathlib import Path

from skeletonllm.synthesis.generate import synthesize
from skeletonllm.synthesis.writers import write_ntu

GOOD_WITH_GAPS = "S017C003P031R001A010.skeleton"
"""Written beside the bad files: a few NaN joints are missing joints, not a reason to reject."""

_HEAD_LINES = 4
"""Lines before the first joint: the frame count, bodies, the body, its joints."""


def write_bad_files(folder: Path | str) -> dict[str, str]:
    """Write one NTU-named file for each way to be bad, and one good file with gaps.

    Returns:
        The expected code (:data:`skeletonllm.errors.REJECT_CODES`) by file name, sorted;
        :data:`GOOD_WITH_GAPS` is not in it.

    Example:
        >>> write_bad_files("bad")["S017C003P031R001A001.skeleton"]  # doctest: +SKIP
        'empty'
    """
    below = Path(folder)
    below.mkdir(parents=True, exist_ok=True)
    good = below / GOOD_WITH_GAPS
    write_ntu(good, synthesize("clapping", subject=31), newline="\n")
    text = good.read_text("ascii")
    good.write_text(_without_joints(text, every=40), "ascii", newline="\n")
    bad = {
        "empty": b"",
        "truncated": text[: len(text) * 2 // 3].encode(),
        "format": b'{"file_name": "a01_s01_e00_v01", "skeletons": [], "label": 1}',
        "encoding": b"\xff\xfe" + text.encode("utf-16-le"),
        "non_finite": text.replace(_first_number(text), "inf", 1).encode(),
        "missing_joints": _without_joints(text, every=5, keep=2).encode(),
        "no_body": b"3\n0\n0\n0\n",
    }
    codes = {f"S017C003P031R001A{i:03d}.skeleton": code for i, code in enumerate(bad, 1)}
    for name, code in codes.items():
        (below / name).write_bytes(bad[code])
    directory = "S017C003P031R002A010.skeleton"
    (below / directory).mkdir(exist_ok=True)
    return codes | {directory: "not_a_file"}


def _first_number(text: str) -> str:
    """The x of the first joint line."""
    return text.split("\n")[_HEAD_LINES].split(" ", 1)[0]


def _without_joints(text: str, *, every: int, keep: int = 0) -> str:
    """NaN coordinates in one joint line of ``every``, or in all but ``keep`` of them."""
    lines = text.split("\n")
    joints = [i for i, line in enumerate(lines) if line.count(" ") == 11]
    for number, i in enumerate(joints):
        lost = number % every >= keep if keep else number % every == 0
        if lost:
            lines[i] = " ".join(["NaN"] * 3 + lines[i].split(" ")[3:])
    return "\n".join(lines)
