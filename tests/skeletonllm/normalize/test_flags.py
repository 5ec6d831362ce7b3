from __future__ import annotations

from dataclasses import replace

import numpy as np

from skeletonllm.normalize import FLAGS, Timing, normalize
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.identity_faults import iterate_id_faults, relabel_persons


def test_every_flag_of_a_spoilt_clip_is_known_and_told_once() -> None:
    """Two people whose ids switched, reflected, upside down, in centimetres, with a ghost."""
    motion = synthesize("shaking hands")
    flags: set[str] = set()
    for what, ids, lost in iterate_id_faults(motion.num_frames):
        clip = relabel_persons(motion, ids, lost)
        confidence = clip.motion.confidence.copy()
        confidence[:, -1, 2:] = 0
        for scale in ((1, 1, 1), (-1, 1, 1), (-1, -1, 1), (100, 100, 100)):
            joints = (clip.motion.joints * scale).astype(np.float32)
            spoilt = replace(clip.motion, joints=joints, confidence=confidence)
            done = Timing(0.5, 20.0).apply(normalize(replace(clip, motion=spoilt)))
            assert len(set(done.flags)) == len(done.flags), what
            flags |= set(done.flags)
    assert flags <= set(FLAGS)
    assert {"identity_switch", "ghost_dropped:joints", "mirrored", "up_unsure", "unit_unsure",
            "gaps_filled", "resampled"} <= flags  # fmt: skip
    assert all(said and said[-1] != "." for said in FLAGS.values())
