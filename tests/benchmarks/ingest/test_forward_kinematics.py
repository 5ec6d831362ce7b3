from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.ingest.forward_kinematics import (
    Flags,
    main,
    make_channels,
    make_rig,
    pose_with_matrices,
    pose_with_numbers,
)
from skeletonllm.corpora.rigs.forward_kinematics import forward


def test_all_three_agree() -> None:
    links = make_rig(9, seed=3)
    values = make_channels(links, 4, seed=4)
    ours = forward(links, values)[0].transpose(2, 0, 1)
    np.testing.assert_allclose(pose_with_matrices(links, values), ours, atol=1e-9)
    np.testing.assert_allclose(pose_with_numbers(links, values), ours, atol=1e-9)


def test_the_table_says_by_how_much(tmp_path: Path) -> None:
    main(Flags(frames=400, slow_frames=4, json=str(tmp_path / "k.json")))
    ours, numpy, plain = json.loads((tmp_path / "k.json").read_text())["rows"]
    assert ours["ours is faster by"] == "1x"
    for slow in (numpy, plain):
        assert float(slow["ours is faster by"].rstrip("x")) > 5
