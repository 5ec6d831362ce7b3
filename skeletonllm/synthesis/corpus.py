"""A small labelled corpus in four real formats: what `make demo` and whole-road tests run on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.synthesis.actions import ACTIONS, get_action, nw_ucla_actions
from skeletonllm.synthesis.generate import synthesize
from skeletonllm.synthesis.spec import ActionSpec
from skeletonllm.synthesis.writers import (
    FIRST_BODY_ID,
    NW_UCLA_LABELS,
    make_pyskl_annotation,
    write_humanml3d,
    write_ntu,
    write_nw_ucla,
    write_pyskl,
)
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22, Topology

DEMO_ACTIONS = (
    "drink water",
    "pick up",
    "throw",
    "sit down",
    "stand up",
    "clapping",
    "cheer (raise arms)",
    "hand waving",
    "kicking the air/something",
    "jump up",
    "bow (bend forward)",
    "squat down",
    "arm swings",
    "side kick",
    "pushing someone",
    "shaking hands",
    "walking towards each other",
)
"""NTU actions that can be told apart in four small pictures."""

_CORPORA = ("ntu_rgbd", "nw_ucla", "humanml3d", "pyskl")
"""Folders, named after their readers."""

_GAP_RATE = 0.08
"""Share of NTU clips in which a person is lost for some frames; of fifty clips, some four."""


def write_corpora(
    root: Path | str,
    *,
    seed: int = 0,
    ntu_clips_per_action: int = 40,
    nw_ucla_clips_per_action: int = 8,
    humanml3d_clips: int = 40,
    pyskl_clips_per_action: int = 6,
    subjects: int = 8,
    view_deg: float = 20.0,
    noise_m: float = 0.005,
    actions: Sequence[str] = DEMO_ACTIONS,
) -> dict[str, str]:
    """Write a corpus in each format; the same arguments write the same bytes.

    Cost: about 10 ms and 250 kB an NTU clip, far less for the other formats.

    Args:
        root: Folder to write below; made if absent.
        seed: Which corpus.
        ntu_clips_per_action: Clips of each action as ``ntu_rgbd/*.skeleton``, spread over
            subjects, then three cameras, then repetitions.
        nw_ucla_clips_per_action: Clips of each of the ten actions as ``nw_ucla/*.json``.
        humanml3d_clips: Clips of all one-person actions as ``humanml3d/``, captioned.
        pyskl_clips_per_action: Clips of each action in ``pyskl/ntu_coco17.pkl``.
        subjects: How many people there are.
        view_deg: How far the second and third camera stand to the sides.
        noise_m: Sensor noise, metres; a fifth of it for HumanML3D, which is motion capture.
        actions: NTU actions to write as NTU and 2D poses.

    Returns:
        Folder of each corpus, by the name of its reader.

    Raises:
        UsageError: An action is unknown or not one of NTU's; fewer than one subject.

    Example:
        >>> folders = write_corpora("raw", ntu_clips_per_action=2)  # doctest: +SKIP
        >>> sorted(folders)  # doctest: +SKIP
        ['humanml3d', 'ntu_rgbd', 'nw_ucla', 'pyskl']
    """
    specs = [_ntu_spec(name) for name in actions]
    if subjects < 1:
        raise UsageError(f"{subjects} subjects", expected="at least 1")
    recorder = _Recorder(seed, subjects, view_deg, noise_m)
    folders = {name: Path(root) / name for name in _CORPORA}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    _write_ntu(recorder, folders["ntu_rgbd"], specs, ntu_clips_per_action)
    _write_nw_ucla(recorder, folders["nw_ucla"], nw_ucla_clips_per_action)
    _write_humanml3d(recorder, folders["humanml3d"], humanml3d_clips)
    _write_pyskl(recorder, folders["pyskl"] / "ntu_coco17.pkl", specs, pyskl_clips_per_action)
    return {name: str(folder) for name, folder in folders.items()}


def _ntu_spec(name: str) -> ActionSpec:
    spec = get_action(name)
    if spec.ntu_id is None:
        raise UsageError(f"{name!r} is not an action of NTU RGB+D", where="actions")
    return spec


@dataclass(frozen=True)
class _Take:
    """One performance before one camera; numbers are from 1, as in file names."""

    repetition: int
    camera: int
    subject: int
    seed: int

    def ntu_name(self, spec: ActionSpec) -> str:
        """Name in NTU RGB+D; a setup is a room, and four subjects came to each."""
        setup, action = 1 + (self.subject - 1) // 4, spec.ntu_id
        people = f"P{self.subject:03d}R{self.repetition:03d}"
        return f"S{setup:03d}C{self.camera:03d}{people}A{action:03d}"


@dataclass(frozen=True)
class _Recorder:
    """Records takes; each has its own seed, so that one format does not depend on another."""

    seed: int
    subjects: int
    view_deg: float
    noise_m: float

    def record(
        self, corpus: int, spec: ActionSpec, clips: int, topology: Topology
    ) -> Iterator[tuple[_Take, Motion]]:
        """Takes of an action, subjects changing fastest, then cameras, then repetitions."""
        views = (0.0, self.view_deg, -self.view_deg)
        for number in range(clips):
            rest, subject = divmod(number, self.subjects)
            repetition, camera = divmod(rest, len(views))
            seed = self.make_take_seed(corpus, rest)
            take = _Take(repetition + 1, camera + 1, subject + 1, seed)
            yield (
                take,
                synthesize(
                    spec.name,
                    topology=topology,
                    subject=take.subject,
                    seed=seed,
                    yaw_deg=views[camera],
                    noise_m=self.noise_m,
                ),
            )

    def make_take_seed(self, corpus: int, number: int) -> int:
        """Distinct for every corpus and number below a million."""
        return (self.seed * 8 + corpus) * 1_000_000 + number


def _write_ntu(recorder: _Recorder, folder: Path, specs: Sequence[ActionSpec], clips: int) -> None:
    for spec in specs:
        for take, motion in recorder.record(0, spec, clips, KINECT_V2):
            rng = np.random.default_rng([take.seed, take.subject, spec.ntu_id or 0])
            ids = [str(FIRST_BODY_ID + int(i)) for i in rng.permutation(600)[:2]]
            path = folder / f"{take.ntu_name(spec)}.skeleton"
            write_ntu(path, _add_gap(motion, rng), body_ids=ids)


def _write_nw_ucla(recorder: _Recorder, folder: Path, clips: int) -> None:
    for number, spec in nw_ucla_actions().items():
        for take, motion in recorder.record(1, spec, clips, KINECT_V1):
            who = f"s{take.subject:02d}_e{take.repetition - 1:02d}_v{take.camera:02d}"
            path = folder / f"a{number:02d}_{who}.json"
            write_nw_ucla(path, motion, NW_UCLA_LABELS[number])


def _write_humanml3d(recorder: _Recorder, folder: Path, clips: int) -> None:
    """Actions in turn; in the next round each subject moves on by one and the sides change."""
    solo = [spec for spec in ACTIONS.values() if spec.persons == 1]
    for number in range(clips):
        turn, index = divmod(number, len(solo))
        near = ("left", "right")[(index + turn) % 2]
        motion = synthesize(
            solo[index].name,
            topology=SMPL_22,
            subject=1 + (index + turn) % recorder.subjects,
            seed=recorder.make_take_seed(2, number),
            fps=20.0,
            noise_m=recorder.noise_m / 5,
            side=near,
        )
        write_humanml3d(folder, f"{number:06d}", motion, solo[index].make_sentences(near))


def _write_pyskl(recorder: _Recorder, path: Path, specs: Sequence[ActionSpec], clips: int) -> None:
    """One pickle with a cross-subject split: odd subjects train, even ones validate."""
    annotations = []
    split: dict[str, list[str]] = {"xsub_train": [], "xsub_val": []}
    for spec in specs:
        for take, motion in recorder.record(3, spec, clips, COCO_17):
            name = take.ntu_name(spec)
            annotations.append(make_pyskl_annotation(name, motion, (spec.ntu_id or 1) - 1))
            split["xsub_train" if take.subject % 2 else "xsub_val"].append(name)
    write_pyskl(path, annotations, split)


def _add_gap(motion: Motion, rng: np.random.Generator) -> Motion:
    """The motion, or at times one in which the last person is lost for up to half a second."""
    if rng.random() >= _GAP_RATE:
        return motion
    start = int(rng.integers(0, motion.num_frames // 2))
    present = motion.present.copy()
    present[start : start + int(rng.integers(2, 15)), -1] = False
    confidence = motion.confidence * present[..., None]
    return replace(motion, present=present, confidence=confidence)
