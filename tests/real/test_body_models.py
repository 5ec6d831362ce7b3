"""Human3.6M and AMASS on real files, AMASS with a stand-in for the body model it needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader, read_clips
from skeletonllm.corpora.identify import identify_corpus
from skeletonllm.corpora.mocap.amass import AmassReader
from skeletonllm.corpora.mocap.human36m import Human36mReader
from skeletonllm.corpora.rigs.body_model import VARIABLE
from skeletonllm.normalize.handedness import measure_handedness
from skeletonllm.testing.mocap.body_models import write_adult_models

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def models(tmp_path: Path) -> str:
    """Bodies of 1.70 m whose joints were placed by hand."""

    def put(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    write_adult_models(put)
    return str(tmp_path / "models")


def only(reader: AmassReader | Human36mReader, root: Path) -> Clip:
    (source,) = reader.sources(str(root))
    (clip,), rejects = read_clips(reader, source)
    assert rejects == []
    return clip


def test_human36m(shared: Path) -> None:
    root = shared / "data" / "samples" / "human36m"
    clip = only(Human36mReader(), root)
    motion = clip.motion
    assert (clip.label, clip.subject, clip.flags) == ("eating", "1", ())
    assert (motion.num_frames, motion.fps, motion.space) == (2721, 50.0, "world")
    joints = motion.joints[:, 0]
    assert -0.05 < joints[..., 1].min() < 0.05  # the feet stand on the floor
    assert 1.5 < joints[..., 1].max() < 1.9
    for a, b in motion.topology.bones:
        length = np.linalg.norm(joints[:, a] - joints[:, b], axis=-1)
        assert length.max() - length.min() < 1e-3, motion.topology.joints[b]
    assert measure_handedness(motion).mirrored is False
    assert check_reader(Human36mReader(), str(root)) == []
    best = identify_corpus(str(root))[0]
    assert (best.corpus, best.certain) == ("human36m", True)


def test_amass_without_a_body_model(shared: Path) -> None:
    root = shared / "data" / "samples" / "amass"
    (source,) = AmassReader().sources(str(root))
    clips, (reject,) = read_clips(AmassReader(), source)
    assert (clips, reject.code) == ([], "no_body_model")
    assert "female smplh body model" in reject.message
    best = identify_corpus(str(root))[0]
    assert (best.corpus, best.certain) == ("amass", True)


@pytest.mark.parametrize("hands", [False, True])
def test_amass_with_a_stand_in(shared: Path, models: str, hands: bool) -> None:
    """Who recorded it stood still, hands down; the stand-in is about as tall as she is."""
    root = shared / "data" / "samples" / "amass"
    clip = only(AmassReader(models, hands), root)
    motion = clip.motion
    assert (motion.num_frames, motion.fps, motion.space) == (360, 120.0, "world")
    place = {name: motion.joints[:, 0, j] for j, name in enumerate(motion.topology.joints)}
    soles = np.minimum(place["left_foot"][:, 1], place["right_foot"][:, 1])
    assert abs(soles).max() < 0.1
    assert (place["head"][:, 1] > 1.3).all()
    for side in ("left", "right"):
        assert (place[f"{side}_wrist"][:, 1] < place[f"{side}_shoulder"][:, 1] - 0.3).all()
    assert measure_handedness(motion).mirrored is False
    assert check_reader(AmassReader(models, hands), str(root)) == []
