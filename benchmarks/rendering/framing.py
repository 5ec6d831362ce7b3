"""How much of a picture is body, through the fitted camera and through the published one.

    python -m benchmarks.rendering.framing --shared ../shared

The same appearance draws every clip through three cameras: ``fit``, ``paper`` (the sensor at the
origin, 60 degrees), and the best that a camera of the fitted direction and field of view allows for
the whole clip: as near as it gets with every joint of every frame in the picture, and no margin.
"""

from __future__ import annotations

import random
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import torch
import tyro
from torch import Tensor

from benchmarks.table import publish_table
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.draction import DrAction, DrActionConfig, sample_frames
from skeletonllm.draction.scene.camera import Camera, make_sensor_camera, move_before_sensor
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.normalize import normalize
from skeletonllm.topology import Topology

CORPORA = {
    "ntu_rgbd": "data/samples/ntu_rgbd",
    "nw_ucla": "data/corpora/nw_ucla.tar.xz",
    "humanml3d": "data/samples/humanml3d",
    "pyskl": "data/samples/pyskl",
}
FRAMES = 12
SIZE, SMALL, PATCH = 448, 224, 28
BODY_BRIGHTNESS = 0.02
"""Value of its brightest channel from which a pixel counts as body: a picture is 0 elsewhere, and
the faint rim of a Gaussian is left out."""
EDGE = 1e-3
"""Pixels of rounding."""
FINGERS = ("wrist", "hand", "hand_tip", "thumb")
FEET = ("ankle", "foot")


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    shared: Path = Path("../shared")
    """Folder that holds data/."""
    clips: int = 200
    """At most so many clips a corpus, drawn at random, the same every time; 0 for all."""
    corpora: tuple[str, ...] = tuple(CORPORA)
    """Which ones."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True)
class Framing:
    """How much one camera shows of a clip.

    Args:
        pixels: Body pixels, mean over the sampled frames.
        height: A body's extent from top to bottom, as a share of the picture's height; mean over
            bodies and all frames.
        outside: Observed joints of all frames that lie outside the picture, or behind the camera.
        fingers: Pixels between the two nearest joints of a hand, median over hands and frames.
        feet: Pixels between ankle and foot.
        patches: Share of patches that any Gaussian touches.
    """

    pixels: float
    height: float
    outside: int
    fingers: float | None
    feet: float | None
    patches: float


@dataclass(frozen=True)
class ClipFramings:
    """One clip through each camera; that of the sensor shows no pose of the image plane."""

    fit: Framing
    small: Framing  # fit, at SMALL pixels
    best: Framing
    paper: Framing | None


def main(flags: Flags) -> int:
    large, small = _make_renderer(SIZE), _make_renderer(SMALL)
    columns: dict[str, dict[str, str]] = {}
    for corpus in flags.corpora:
        clips = list(load_motions(corpus, flags.shared / CORPORA[corpus], flags.clips))
        columns[corpus] = summarize_clips(
            [measure_framings(motion, large, small) for motion in clips]
        )
        print(f"{corpus}: {len(clips)} clips", file=sys.stderr, flush=True)
    rows: list[dict[str, Any]] = [
        {"measure": name} | {corpus: column[name] for corpus, column in columns.items()}
        for name in next(iter(columns.values()))
    ]
    publish_table("How much of the picture is body", rows, flags.json)
    return 0


def _make_renderer(size: int) -> DrAction:
    return DrAction(DrActionConfig(size=size, patch=PATCH)).requires_grad_(False)


def load_motions(corpus: str, path: Path, most: int) -> Iterator[Motion]:
    """Motions of a corpus after ``--profile clean``, drawn at random, the same every time.

    Args:
        corpus: Its reader.
        path: Folder, or archive of one.
        most: How many at most; 0 for all.
    """
    rng = random.Random(corpus)
    with tempfile.TemporaryDirectory() as folder:
        if path.name.endswith(".tar.xz"):
            _unpack_archive(path, Path(folder), most, rng)
            path = Path(folder)
        reader = get_reader(corpus)
        motions_read = []
        for source in reader.sources(str(path)):
            for clip in read_clips(reader, source)[0]:
                try:
                    motions_read.append(normalize(clip).motion)
                except SourceError:
                    continue  # nobody is there
    yield from rng.sample(motions_read, most) if 0 < most < len(motions_read) else motions_read


def _unpack_archive(archive: Path, folder: Path, most: int, rng: random.Random) -> None:
    with tarfile.open(archive) as tar:
        files = sorted((m for m in tar.getmembers() if m.isfile()), key=lambda m: m.name)
        chosen = rng.sample(files, most) if 0 < most < len(files) else files
        tar.extractall(folder, sorted(chosen, key=lambda m: m.offset), filter="data")


def measure_framings(motion: Motion, large: DrAction, small: DrAction) -> ClipFramings:
    """A clip through each camera of ``large``, and through the fitted one of ``small``."""
    batch, size = MotionBatch.from_motions([motion]), large.config.size
    frames = torch.from_numpy(sample_frames(motion.num_frames, FRAMES))[None]
    view = large.view
    assert view is not None
    fitted, paper = view(batch, size), None
    if motion.space != "image":
        placed = move_before_sensor(batch, frames)
        paper = measure_framing(
            large, placed, frames, make_sensor_camera(placed, size, mirrored=False)
        )
    return ClipFramings(
        fit=measure_framing(large, batch, frames, fitted),
        small=measure_framing(small, batch, frames, view(batch, small.config.size)),
        best=measure_framing(large, batch, frames, fit_tight_camera(batch, fitted, size)),
        paper=paper,
    )


def fit_tight_camera(batch: MotionBatch, fitted: Camera, size: int) -> Camera:
    """The nearest camera of one clip, turned as ``fitted`` and as wide, that shows every joint.

    With a picture of slope s = tan(fov / 2), a joint lies inside if |x - o| <= s (z + d), so d must
    hold half of max(x - s z) - min(x + s z) along each axis, and the middle of both is where the
    camera stands. Without perspective, the same holds of pixels a unit.
    """
    observed = batch.clip(0)[batch.clip_confidence(0) > 0] @ fitted.w2c[0, :3, :3].T  # [N, 3]
    half, flat = (size - 1) / 2, bool(fitted.orthographic[0])
    slope = 0.0 if flat else half / float(fitted.k[0, 0, 0])
    spread = slope * observed[:, 2:]
    right, left = (observed[:, :2] - spread).amax(0), (observed[:, :2] + spread).amin(0)
    reach = float(((right - left) / 2).amax())
    k, w2c = fitted.k.clone(), fitted.w2c.clone()
    if flat:
        k[0, 0, 0] = k[0, 1, 1] = half / reach
    else:
        w2c[0, 2, 3] = reach / slope
    w2c[0, :2, 3] = -(right + left) / 2
    return replace(fitted, k=k, w2c=w2c)


def measure_framing(
    renderer: DrAction, batch: MotionBatch, frames: Tensor, camera: Camera
) -> Framing:
    """One clip through one camera."""
    size = renderer.config.size
    rendering = renderer(batch, frames, camera)
    lit = rendering.frames[0].amax(1) > BODY_BRIGHTNESS  # [T, H, W]
    place, ahead = project_joints(batch.clip(0), camera)  # [T, P, J, 2], [T, P, J]
    observed = batch.clip_confidence(0) > 0
    inside = ahead & (place >= -EDGE).all(-1) & (place <= size - 1 + EDGE).all(-1)
    topology = batch.topologies[0]
    return Framing(
        pixels=float(lit.sum((1, 2)).double().mean()),
        height=_measure_height(place[..., 1], observed & ahead) / size,
        outside=int((observed & ~inside).sum()),
        fingers=_measure_nearest(place, observed & ahead, topology, FINGERS),
        feet=_measure_nearest(place, observed & ahead, topology, FEET),
        patches=float(rendering.patches.double().mean()),
    )


def project_joints(joints: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """Pixels [..., 2] of joints [..., 3] through the only camera, and which lie before it."""
    at = joints @ camera.w2c[0, :3, :3].T + camera.w2c[0, :3, 3]
    k = camera.k[0]
    flat = bool(camera.orthographic[0])
    z = torch.ones_like(at[..., 2]) if flat else at[..., 2]
    place = torch.stack(
        [k[0, 2] - k[0, 0] * at[..., 0] / z, k[1, 2] - k[1, 1] * at[..., 1] / z], -1
    )
    return place, z > 0


def _measure_height(v: Tensor, observed: Tensor) -> float:
    """Mean extent in pixels of the bodies that are observed; v and observed [T, P, J]."""
    top = torch.where(observed, v, torch.inf).amin(-1)
    bottom = torch.where(observed, v, -torch.inf).amax(-1)
    there = observed.any(-1)
    return float((bottom - top)[there].double().mean()) if there.any() else 0.0


def _measure_nearest(
    place: Tensor, observed: Tensor, topology: Topology, names: Sequence[str]
) -> float | None:
    """Median of the least distance between two of these joints of one side, in pixels."""
    least = []
    for side in ("left", "right"):
        joints = [topology.find(f"{side}_{name}") for name in names]
        pairs = list(combinations([j for j in joints if j is not None], 2))
        if pairs:
            a, b = (list(ends) for ends in zip(*pairs, strict=True))
            both = observed[..., a] & observed[..., b]
            gap = (place[..., a, :] - place[..., b, :]).norm(dim=-1)
            gap = torch.where(both, gap, torch.inf).amin(-1)
            least.append(gap[gap.isfinite()])
    known = torch.cat(least) if least else torch.empty(0)
    return float(known.median()) if len(known) else None


def summarize_clips(clips: Sequence[ClipFramings]) -> dict[str, str]:
    """The cells of one column of the table, by measure."""
    compared = [(c, c.paper) for c in clips if c.paper is not None]
    gain = [c.fit.pixels / max(paper.pixels, 1) for c, paper in compared]
    small = [c.small.pixels / max(paper.pixels, 1) for c, paper in compared]
    cells = {
        "clips": str(len(clips)),
        "body pixels, fit over paper (448 px): median, quartiles": _format_spread(gain, "{:.2f}"),
        "body pixels, fit 224 px over paper 448 px": _format_spread(small, "{:.2f}"),
        "clips of which fit 224 px shows more than paper 448 px": _format_share(
            [n > 1 for n in small]
        ),
        "figure height of the picture, fit": _format_spread(
            [c.fit.height for c in clips], "{:.0%}"
        ),
        "figure height of the picture, paper": _format_spread(
            [p.height for _, p in compared], "{:.0%}"
        ),
        "clips that leave the picture, fit": _format_lost([c.fit for c in clips]),
        "clips that leave the picture, paper": _format_lost([p for _, p in compared]),
        "of what whole-clip framing allows, pixels: least, median": _format_least(
            [c.fit.pixels / c.best.pixels for c in clips]
        ),
        "of what whole-clip framing allows, height: least, median": _format_least(
            [c.fit.height / c.best.height for c in clips]
        ),
    }
    for part in ("fingers", "feet"):
        for name, some in (
            ("fit 448", [c.fit for c in clips]),
            ("fit 224", [c.small for c in clips]),
            ("paper 448", [p for _, p in compared]),
        ):
            known = [gap for view in some if (gap := getattr(view, part)) is not None]
            cells[f"pixels between {part}, {name}: median, quartiles"] = _format_spread(
                known, "{:.1f}"
            )
    cells["patches with body, fit (448 / 28)"] = _format_spread(
        [c.fit.patches for c in clips], "{:.1%}"
    )
    cells["patches with body, paper"] = _format_spread([p.patches for _, p in compared], "{:.1%}")
    return cells


def _format_spread(values: Sequence[float], form: str) -> str:
    """Median, and quartiles."""
    if len(values) < 2:
        return ", ".join(form.format(v) for v in values) or "-"
    low, middle, high = (form.format(v) for v in quantiles(values, n=4, method="inclusive"))
    return f"{middle} ({low} to {high})"


def _format_share(true: Sequence[bool]) -> str:
    return f"{sum(true)} of {len(true)}" if true else "-"


def _format_least(shares: Sequence[float]) -> str:
    return f"{min(shares):.1%}, {median(shares):.1%}" if shares else "-"


def _format_lost(framings: Sequence[Framing]) -> str:
    if not framings:
        return "-"
    clips, joints = sum(f.outside > 0 for f in framings), sum(f.outside for f in framings)
    return f"{clips} ({clips / len(framings):.1%}), {joints} joints"


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
