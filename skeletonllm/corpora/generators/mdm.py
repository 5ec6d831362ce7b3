"""Motions that MDM generated (Tevet et al., ICLR 2023), as its ``results.npy``; also of its kin.

    {"motion": [N, J, 3, T], "text": N texts, "lengths": N, "num_samples": n,
     "num_repetitions": r}       of which N = n r; saved by numpy.save, hence a pickle

Joints are those of the corpus that the model learned from: 22 of HumanML3D (metres, +y up, 20
frames a second), 21 of KIT-ML (a body of 1,000 units, mirrored, 12.5), or 24 of SMPL (HumanAct12
and UESTC, whose rates the file does not say). Frames beyond a motion's length are padding. What is
told by the number of joints is flagged as such. ``results.npy`` of rotations or features is
refused: MDM writes positions beside the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.object_arrays import parse_one_dict
from skeletonllm.corpora.formats.safe_pickle import PickledArray
from skeletonllm.corpora.mocap.kit_ml import UNMIRRORED, as_adult
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import settle_body
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FPS_ASSUMED,
    SKELETON_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import KIT_21, SMPL_24
from skeletonllm.motion import Motion
from skeletonllm.topology import SMPL_22, Topology

MAX_BYTES = 1 << 30
MAX_MOTIONS = 100_000

UNASKED = ("", "unconstrained", "unconditioned", "none", "null")
"""Texts of motions for which nothing was asked."""

SKELETONS: Mapping[int, tuple[Topology, float]] = {
    22: (SMPL_22, 20.0),
    21: (KIT_21, 12.5),
    24: (SMPL_24, 20.0),
}
"""By number of joints: what they are, and the rate of their corpus."""


@dataclass(frozen=True, eq=False)
class Results:
    """Motions [N, J, 3, T], a text and a length of each."""

    motion: Raw
    texts: list[Any]
    lengths: list[int]


class MdmReader:
    """Reader of ``results.npy``; the text that was asked for is the caption."""

    name = "mdm"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files below ``root``."""
        return list_sources(root, ".npy")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip of each motion, numbered as in the file."""
        data = load(source, MAX_BYTES)
        results = _results(parse_one_dict(data))
        topology, fps = SKELETONS[results.motion.shape[1]]
        for i, (joints, length) in enumerate(zip(results.motion, results.lengths, strict=True)):
            try:
                frames = joints[..., :length].transpose(2, 0, 1)[:, None]  # [T, 1, J, 3]
                motion, flags = _motion(frames, topology, fps)
                text = results.texts[i] if i < len(results.texts) else ""
                yield clip_of(
                    self,
                    source,
                    data,
                    motion,
                    clip_id=f"{self.name}/{source.source_id}/{i:06d}",
                    captions=(Caption(text.strip()),) if _is_said(text) else (),
                    flags=flags,
                )
            except SourceError as error:
                yield Reject.of(f"{source.uri}#{i}", error)


def _is_said(text: object) -> bool:
    """Whether somebody asked for something: MDM writes a word of its own where nobody did."""
    return isinstance(text, str) and text.strip().lower() not in UNASKED


def _motion(frames: Raw, topology: Topology, fps: float) -> tuple[Motion, tuple[str, ...]]:
    check_size(len(frames), 1, len(topology))
    flags: tuple[str, ...] = (SKELETON_ASSUMED, FPS_ASSUMED)
    if topology is KIT_21:
        adult = as_adult(frames[:, 0])[:, None]
        motion = motion_of(adult, topology, fps, space="world", metric=False)
        return motion, (*flags, UNIT_ASSUMED, UNMIRRORED)
    body = settle_body(frames, topology)
    motion = motion_of(body.joints, topology, fps, space=body.space, metric=body.metric)
    return motion, (*flags, UNIT_ASSUMED, *(() if body.upright else (AXES_ASSUMED,)))


def _results(content: Mapping[Any, Any]) -> Results:
    """What a dict holds, with the counts that it states held against those found."""
    held = content.get("motion")
    if not isinstance(held, PickledArray):
        found = f"a dict of {', '.join(sorted(map(str, content)))[:200]}"
        raise SourceError("format", found, expected="an array under the key 'motion'")
    if held.size > 3 * MAX_POSITIONS * 16:
        raise SourceError("unsafe", f"{held.size} numbers")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        motion: Raw = np.asarray(held, dtype=np.float64) + 0.0
    fits = motion.ndim == 4 and motion.shape[1] in SKELETONS and motion.shape[2] == 3
    if not fits or len(motion) > MAX_MOTIONS:
        expected = "[N, J, 3, T] of 22, 21 or 24 joints"
        hint = "Positions are written by MDM's sample.generate."
        found = f"motions as an array {motion.shape}"
        if "thetas" in content:
            keys = ", ".join(sorted(map(str, content)))[:200]
            found = f"motions as the rotations of SMPL, {keys}"
            hint = "Read results.npy, from which MDM makes such files: it holds positions."
        raise SourceError("format", found, expected=expected, hint=hint)
    texts, lengths = _listed(content, "text"), _listed(content, "lengths")
    lengths = lengths or [motion.shape[3]] * len(motion)
    counted = [len(lengths), *([len(texts)] if texts else [])]
    samples, repetitions = (content.get(key) for key in ("num_samples", "num_repetitions"))
    if isinstance(samples, int) and isinstance(repetitions, int):
        counted.append(samples * repetitions)
    if any(count != len(motion) for count in counted):
        found = f"{len(motion)} motions; texts, lengths and stated samples are {counted}"
        raise SourceError("format", found, expected="as many of each")
    bad = [n for n in lengths if type(n) is not int or not 0 <= n <= motion.shape[3]]
    if bad:
        found = f"motions of {motion.shape[3]} frames, and a length of {bad[0]!r:.40}"
        raise SourceError("format", found, expected=f"at most {motion.shape[3]} frames")
    return Results(motion, texts, lengths)


def _listed(content: Mapping[Any, Any], key: str) -> list[Any]:
    """A list or array as a list; empty where there is none."""
    value = content.get(key)
    if isinstance(value, PickledArray) and value.size <= MAX_MOTIONS:
        value = np.asarray(value).reshape(-1).tolist()
    return list(value) if isinstance(value, list | tuple) else []
