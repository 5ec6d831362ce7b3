"""Writers of what laboratory software exports: markers, bones and segments as text and XML.

All take points [T, N, 3] in the unit and axes that the file is to have, and their names. A missing
point is NaN, and is written as each software writes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from skeletonllm.synthesis.body import Array


def format_trc(
    points: Array, labels: Sequence[str], fps: float = 100.0, *, unit: str = "mm",
    mark: str = "\t", number: str = "%.5f", first: int = 1,
) -> str:  # fmt: skip
    """The text of a TRC file, missing markers blank.

    Args:
        points: [T, N, 3].
        labels: N.
        fps: Frames a second.
        unit: As the head states it.
        mark: Between two cells.
        number: How a number is written, as ``%`` takes it.
        first: Number of the first frame.
    """
    count = len(points)
    names = ["DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate"]
    facts = [f"{fps:g}", f"{fps:g}", str(count), str(len(labels)), unit, f"{fps:g}"]
    lines = [["PathFileType", "4", "(X/Y/Z)", "walk.trc"]]
    lines += [[*names, "OrigDataStartFrame", "OrigNumFrames"], [*facts, str(first), str(count)]]
    lines += [["Frame#", "Time", *(cell for label in labels for cell in (label, "", ""))]]
    lines += [["", "", *(f"{axis}{j + 1}" for j in range(len(labels)) for axis in "XYZ")], []]
    for t, row in enumerate(points):
        lines.append([str(first + t), f"{t / fps:.6f}", *_cells(row, number)])
    return "".join(f"{mark.join(line)}\n" for line in lines)


def format_qualisys_tsv(
    points: Array, labels: Sequence[str], fps: float = 100.0, *, before: int = 2,
    named: bool = False, number: str = "%.3f", missing: str = "",
) -> str:  # fmt: skip
    """The text of a TSV file of Qualisys Track Manager.

    Args:
        points: [T, N, 3], millimetres, +z up.
        labels: N.
        fps: Frames a second.
        before: Columns before the markers: none, frames, or frames and times.
        named: Whether a head of columns stands above the numbers.
        number: How a number is written, as ``%`` takes it.
        missing: What stands for a missing coordinate.
    """
    facts: dict[str, Sequence[str]] = {
        "NO_OF_FRAMES": [str(len(points))], "NO_OF_CAMERAS": ["8"],
        "NO_OF_MARKERS": [str(len(labels))], "FREQUENCY": [f"{fps:g}"], "NO_OF_ANALOG": ["0"],
        "DESCRIPTION": ["--"], "TIME_STAMP": ["2024-04-15, 10:39:38.777", "406646.66137317"],
        "DATA_INCLUDED": ["3D"], "MARKER_NAMES": labels,
        "TRAJECTORY_TYPES": ["Measured"] * len(labels),
    }  # fmt: skip
    lines = [[key, *values] for key, values in facts.items()]
    if named:
        columns = [f"{label} {axis}" for label in labels for axis in "XYZ"]
        lines.append([*["Frame", "Time"][:before], *columns])
    for t, row in enumerate(points):
        cells = [cell or missing for cell in _cells(row, number)]
        lines.append([*[str(t + 1), f"{t / fps:.5f}"][:before], *cells])
    return "".join("\t".join(line) + "\n" for line in lines)


def format_storage(
    points: Array, labels: Sequence[str], fps: float = 100.0, *, axes: str = "XYZ",
    number: str = "%.8f", title: str = "Positions",
) -> str:  # fmt: skip
    """The text of a storage file of OpenSim, a column for each axis.

    Args:
        points: [T, N, 3].
        labels: N.
        fps: Frames a second.
        axes: How columns end, in upper case, or in lower case for ``_tx``.
        number: How a number is written, as ``%`` takes it.
        title: First line.
    """
    mark = "_" if axes.isupper() else "_t"
    head = ["time", *(f"{label}{mark}{axis}" for label in labels for axis in axes)]
    lines = [title, "version=1", f"nRows={len(points)}", f"nColumns={len(head)}", "inDegrees=yes"]
    lines += ["endheader", "\t".join(head)]
    for t, row in enumerate(points):
        lines.append("\t".join([f"{t / fps:.8f}", *(c or "nan" for c in _cells(row, number))]))
    return "\n".join([*lines, ""])


def format_vicon_csv(
    points: Array, labels: Sequence[str], fps: float = 100.0, *, unit: str = "mm",
    number: str = "%.5f", first: int = 1,
) -> str:  # fmt: skip
    """The text of Nexus' ASCII export, with the sections Devices and Trajectories.

    Args:
        points: [T, N, 3].
        labels: N, with their subjects: ``Ann:LASI``.
        fps: Frames a second.
        unit: Of the coordinates.
        number: How a number is written, as ``%`` takes it.
        first: Number of the first frame.
    """
    lines = ["Devices", "1000", ",,Force.Fx", "Frame,Sub Frame,Fx", ",,N", "1,0,12.5", ""]
    lines += ["Trajectories", f"{fps:g}", ",," + ",".join(f"{label},," for label in labels)]
    lines += ["Frame,Sub Frame," + ",".join("X,Y,Z" for _ in labels)]
    lines += [",," + ",".join([unit] * (3 * len(labels)))]
    lines += [f"{first + t},0,{','.join(_cells(row, number))}" for t, row in enumerate(points)]
    return "\r\n".join([*lines, "", ""])


def format_motive_csv(
    points: Array, labels: Sequence[str], fps: float = 120.0, *, kind: str = "Bone",
    unit: str = "Meters", number: str = "%.6f",
) -> str:  # fmt: skip
    """The text of Motive's CSV export: rotations and positions, and one marker without a name.

    Args:
        points: [T, N, 3].
        labels: N, with their skeletons: ``Ann:Hip``.
        fps: Frames a second.
        kind: ``Bone``, which has rotations, or ``Marker``.
        unit: As the head states it.
        number: How a number is written, as ``%`` takes it.
    """
    turns = ["Rotation"] * 4 if kind == "Bone" else []
    what = [*turns, *["Position"] * 3]
    axes = [*"XYZW"[: len(turns)], *"XYZ"]
    facts = ["Format Version", "1.23", "Take Name", "walk", "Capture Frame Rate", f"{fps:.6f}"]
    facts += ["Export Frame Rate", f"{fps:.6f}", "Total Exported Frames", str(len(points))]
    facts += ["Rotation Type", "Quaternion", "Length Units", unit, "Coordinate Space", "Global"]
    width = len(what)
    heads = {
        "Type": [kind, "Marker"],
        "Name": [*labels, "Unlabeled 1000"],
        "ID": [*(str(i) for i in range(len(labels))), "1000"],
    }
    heads["Type"] = [kind] * len(labels) + ["Marker"]
    lines = [",".join(facts), ""]
    for title, cells in heads.items():
        spread = [cell for cell in cells[:-1] for _ in range(width)] + [cells[-1]] * 3
        lines.append(",".join(["", title, *spread]))
    lines.append(",".join(["", "", *(what * len(labels)), *["Position"] * 3]))
    lines.append(",".join(["Frame", "Time (Seconds)", *(axes * len(labels)), *"XYZ"]))
    for t, row in enumerate(points):
        cells = [str(t), f"{t / fps:.6f}"]
        for point in row:
            cells += ["0", "0", "0", "1"][: len(turns)]
            cells += _cells(point[None], number)
        lines.append(",".join([*cells, "9", "9", "9"]))
    return "\n".join([*lines, ""])


def format_mvnx(
    points: Array, segments: Sequence[str], fps: float = 60.0, *, turned: Array | None = None,
    number: str = "%.6f", label: str = "Ann",
) -> str:  # fmt: skip
    """The text of an MVNX file of Xsens, with a calibration pose before the frames.

    Args:
        points: [T, N, 3], metres, +z up.
        segments: N.
        fps: Frames a second.
        turned: Quaternions [T, N, 4]; None for no rotation.
        number: How a number is written, as ``%`` takes it.
        label: Of the subject.
    """
    if turned is None:
        turned = np.broadcast_to([1.0, 0.0, 0.0, 0.0], (*points.shape[:2], 4))
    named = "".join(f'<segment label="{s}" id="{i + 1}"/>' for i, s in enumerate(segments))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines += ['<mvnx xmlns="http://www.xsens.com/mvn/mvnx" version="4">']
    lines += [f'<subject label="{label}" frameRate="{fps:g}" segmentCount="{len(segments)}">']
    lines += [f"<segments>{named}</segments>", f'<frames segmentCount="{len(segments)}">']
    kinds = ["tpose", *["normal"] * len(points)]
    for t, kind in zip([0, *range(len(points))], kinds, strict=True):
        lines.append(f'<frame time="{t * 1000 / fps:.0f}" index="{t}" type="{kind}">')
        lines.append(f"<orientation>{_flat(turned[t], number)}</orientation>")
        lines.append(f"<position>{_flat(points[t], number)}</position></frame>")
    return "\n".join([*lines, "</frames></subject></mvnx>", ""])


def format_visual3d(
    points: Array, signals: Sequence[str], *, kind: str = "TARGET", number: str = "%.6f",
    files: Sequence[str] = ("walk1.c3d",),
) -> str:  # fmt: skip
    """The text of Visual3D's ASCII export; several recordings stand side by side.

    Args:
        points: [T, N, 3]; the same in every recording.
        signals: N.
        kind: Type of the signals.
        number: How a number is written, as ``%`` takes it.
        files: The recordings.
    """
    names = [name for _ in files for name in signals for _ in "xyz"]
    owners = [file for file in files for _ in signals for _ in "xyz"]
    lines = [["", *owners], ["", *names], ["", *[kind] * len(names)]]
    lines += [["", *["ORIGINAL"] * len(names)], ["ITEM", *["X", "Y", "Z"] * (len(names) // 3)]]
    for t, row in enumerate(points):
        lines.append([str(t + 1), *(_cells(row, number) * len(files))])
    return "".join("\t".join(line) + "\n" for line in lines)


def format_table_of_joints(
    points: Array, names: Sequence[str], *, column: str = "{joint}_{axis}", number: str = "%.6f",
) -> str:  # fmt: skip
    """A CSV with a row a frame, and columns of each joint and axis: as FreeMoCap writes it.

    Args:
        points: [T, N, 3].
        names: N.
        column: Name of a column.
        number: How a number is written, as ``%`` takes it.
    """
    head = [column.format(joint=name, axis=axis) for name in names for axis in "xyz"]
    return "\n".join([",".join(head), *(",".join(_cells(row, number)) for row in points), ""])


def format_azure(points: Array, names: Sequence[str], fps: float = 30.0) -> str:
    """The text of Microsoft's offline_processor for one body; it is nowhere in frames of NaN.

    Args:
        points: [T, 32, 3], millimetres, +y down.
        names: Of the joints.
        fps: Frames a second.
    """
    frames: list[dict[str, Any]] = []
    for t, row in enumerate(points):
        body = {"body_id": 1, "joint_positions": row.tolist()}
        bodies = [] if np.isnan(row).any() else [body]
        stamp = round(t * 1e6 / fps)
        frames.append(
            {"timestamp_usec": stamp, "frame_id": t, "num_bodies": len(bodies), "bodies": bodies}
        )
    names = [name.upper() for name in names]
    head = {"k4abt_sdk_version": "1.1.2", "source_file": "a.mkv", "joint_names": names}
    return json.dumps({**head, "bone_list": [], "frames": frames})


def format_zed(points: Array, fps: float = 30.0) -> str:
    """The text of the ZED SDK's JSON export for one body; missing keypoints are null.

    Args:
        points: [T, 18 or 34 or 38, 3].
        fps: Frames a second.
    """
    content = {}
    for t, row in enumerate(points):
        shown = [[None] * 3 if np.isnan(point).any() else point.tolist() for point in row]
        body = {"id": 0, "tracking_state": "OK", "confidence": 90.0, "keypoint": shown}
        stamp = round(t * 1e9 / fps)
        frame = {"is_new": True, "is_tracked": True, "timestamp": stamp, "body_list": [body]}
        content[str(1_669_803_263_123 + round(t * 1e3 / fps))] = frame
    return json.dumps(content)


def _cells(row: Array, number: str) -> list[str]:
    """Cells of points [N, 3]; blank where a point is missing."""
    return ["" if np.isnan(point).any() else number % value for point in row for value in point]


def _flat(row: Array, number: str) -> str:
    return " ".join(number % value for value in np.ravel(row))
