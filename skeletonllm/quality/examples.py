"""Examples of each fault: the clips that have it most, and their pictures."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image, ImageDraw

from skeletonllm.clip import Clip
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.quality.checks import CHECKS, Check
from skeletonllm.quality.detectors.bones import joints_named
from skeletonllm.quality.tracks import Spot
from skeletonllm.visualization.frames import choose_patch, draw_motion
from skeletonllm.visualization.sheets import BACKGROUND, GAP, to_uint8

EACH = 3
"""Clips shown a fault; and as many without any."""
_SIZE, _COLUMNS, _BEFORE = 140, 6, 3
_MARK = (255, 70, 70)
_UNSEEN = ("duplicate", "label_conflict", "short")
"""Faults that no picture of one clip shows."""


@dataclass(frozen=True)
class Example:
    """A clip that is drawn in the report.

    Args:
        row: Its row in the table.
        clip_id: Its name.
        label: Its label, or "no label".
        fault: Name of the check it fails; empty for a clip without faults.
        reason: The measurement, as a sentence.
        at: The place of the fault; None if it has no single place.
    """

    row: int
    clip_id: str
    label: str
    fault: str
    reason: str
    at: Spot | None


def choose_examples(rows: pa.Table) -> list[Example]:
    """The worst clips of each fault, in the order of the checks, then some without any fault.

    A clip with several faults is shown once.
    """
    listed = rows.column("faults").to_pylist()
    examples: list[Example] = []
    for check in CHECKS:
        shown = {example.row for example in examples}
        at = [i for i, names in enumerate(listed) if check.name in names and i not in shown]
        if at and check.name not in _UNSEEN:
            faulty = zip(at, rows.take(at).to_pylist(), strict=True)
            ranked = sorted(faulty, key=lambda item: -(check.amount(item[1]) or 0.0))
            examples += [_of_fault(i, row, check) for i, row in ranked[:EACH]]
    sound = [i for i, names in enumerate(listed) if not names]
    typical = sound[len(sound) // 7 :: max(len(sound) // EACH, 1)][:EACH]
    return examples + [_sound(i, rows.slice(i, 1).to_pylist()[0]) for i in typical]


def _of_fault(index: int, row: dict[str, object], check: Check) -> Example:
    at = row[check.at] if check.at else None
    spot = Spot(**at) if isinstance(at, dict) else None
    return Example(index, str(row["clip_id"]), _label(row), check.name, check.reason(row), spot)


def _sound(index: int, row: dict[str, object]) -> Example:
    return Example(index, str(row["clip_id"]), _label(row), "", "nothing found", None)


def _label(row: dict[str, object]) -> str:
    return str(row["label"] or "no label")


def draw_example(clip: Clip, at: Spot | None) -> str:
    """A strip of frames as the ``data:`` URL of a PNG; empty if no joint is observed in them.

    The frames lie around the place, or are spread over the clip if there is none. The frame at the
    place has a red border, its joint a red ring. Not mirrored; warm limbs are the person's right.

    Args:
        clip: What to draw.
        at: The place to mark; None spreads the frames over the clip and marks nothing.
    """
    frames = _frames(clip.motion.num_frames, at)
    motion = clip.motion.select_frames(frames)
    if not motion.observed.any():
        return ""
    renderer = DrAction(DrActionConfig(size=_SIZE, patch=choose_patch(_SIZE)))
    drawn = to_uint8(draw_motion(renderer, motion, np.arange(len(frames))))
    strip = Image.new("RGB", (len(frames) * (_SIZE + GAP) + GAP, _SIZE + 2 * GAP), BACKGROUND)
    pen = ImageDraw.Draw(strip)
    for column, frame in enumerate(drawn):
        left = GAP + column * (_SIZE + GAP)
        strip.paste(Image.fromarray(frame), (left, GAP))
        pen.text((left + 4, GAP + 2), f"{frames[column]}", fill=(150, 150, 150))
        if at is not None and frames[column] == at.frame:
            box = (left - 2, GAP - 2, left + _SIZE + 1, GAP + _SIZE + 1)
            pen.rectangle(box, outline=_MARK, width=2)
            for u, v in _points(renderer, motion, column, at):
                pen.ellipse((left + u - 7, GAP + v - 7, left + u + 7, GAP + v + 7), outline=_MARK)
    packed = io.BytesIO()
    strip.quantize(128).save(packed, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(packed.getvalue()).decode()


def _frames(available: int, at: Spot | None) -> npt.NDArray[np.int64]:
    if at is None:
        return np.unique(np.linspace(0, available - 1, _COLUMNS).round().astype(np.int64))
    first = min(max(at.frame - _BEFORE, 0), max(available - _COLUMNS, 0))
    return np.arange(first, min(first + _COLUMNS, available))


def _points(renderer: DrAction, motion: Motion, frame: int, at: Spot) -> list[tuple[float, float]]:
    """Pixels of the joint, or of both ends of the bone, that a spot names."""
    joints = joints_named(motion.topology, at.joint)
    if renderer.view is None or not joints:
        return []
    camera = renderer.view(MotionBatch.from_motions([motion]), _SIZE)
    shown = [j for j in joints if motion.observed[frame, at.person, j]]
    return [_pixel(camera, motion.joints[frame, at.person, j]) for j in shown]


def _pixel(camera: Camera, point: npt.NDArray[np.float32]) -> tuple[float, float]:
    k, w2c = (matrix[0].detach().numpy() for matrix in (camera.k, camera.w2c))
    x, y, z = w2c[:3, :3] @ point + w2c[:3, 3]
    depth = 1.0 if bool(camera.orthographic[0]) else z
    return float(k[0, 2] - k[0, 0] * x / depth), float(k[1, 2] - k[1, 1] * y / depth)
