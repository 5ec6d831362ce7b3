from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.labs.qualisys_tsv import parse_qualisys
from skeletonllm.errors import SourceError
from skeletonllm.synthesis.lab_writers import format_qualisys_tsv
from skeletonllm.testing.strategies import FEW_EXAMPLES

from .conftest import MARKERS, TO_Z_UP, ReadFile


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("missing", ["", "NULL", "0.000"])
def test_markers_become_metres_with_their_names(
    markers: np.ndarray, read_file: ReadFile, before: int, named: bool, missing: str
) -> None:
    text = format_qualisys_tsv(
        markers @ TO_Z_UP * 1000, [*MARKERS], 120, before=before, named=named, missing=missing
    )
    ((clip,), rejects) = read_file("qualisys_tsv", "walk.tsv", text)
    assert (clip.clip_id, rejects, clip.flags) == ("qualisys_tsv/walk", [], ())
    motion = clip.motion
    assert (motion.fps, motion.space, motion.metric) == (120.0, "world", True)
    assert clip.frame_index[0] == (1 if before else 0)
    knee = motion.topology.index("left_knee.KNE")
    np.testing.assert_allclose(motion.joints[0, 0, knee], (0.1, 0.5, 0), atol=1e-6)
    assert motion.observed.sum() == 5 * 11 - 1


@FEW_EXAMPLES
@given(
    seed=st.integers(0, 2**32),
    number=st.sampled_from(["%.9g", "%.9e", "%+.10f"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    before=st.integers(0, 2),
)
def test_what_was_written_is_read(seed: int, number: str, end: str, before: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 900, (rng.integers(1, 6), rng.integers(1, 9), 3))
    labels = [f"M{i}" for i in range(points.shape[1])]
    text = format_qualisys_tsv(points, labels, 50, before=before, number=number)
    back = parse_qualisys(text.replace("\n", end).encode())
    np.testing.assert_allclose(back.values, points, rtol=1e-8, atol=1e-8)
    assert (back.labels, back.fps, back.unit_m, back.flags) == (labels, 50.0, 0.001, ())


def test_what_the_head_states_is_compared(markers: np.ndarray, read_file: ReadFile) -> None:
    text = format_qualisys_tsv(markers @ TO_Z_UP * 1000, [*MARKERS], 100)
    text = text.replace("FRAMES\t5", "FRAMES\t9").replace("OF_MARKERS\t11", "OF_MARKERS\t12")
    ((clip,), _) = read_file("qualisys_tsv", "a.tsv", text.replace("CY\t100", "CY\t50"))
    assert clip.flags == (
        "fewer_frames_than_declared",
        "rate_contradicted",
        "other_markers_than_declared",
    )
    assert clip.motion.fps == 100.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("NO_OF_FRAMES", "FRAMES"), "a TSV of Qualisys"),
        (("INCLUDED\t3D", "INCLUDED\t6D"), "DATA_INCLUDED 6D"),
        (("MARKER_NAMES", "SOLVER"), "a skeleton"),
        (("MARKER_NAMES\tC7\tCLAV", "MARKER_NAMES\tC7"), "rows of 35 numbers for 10 markers"),
    ],
)
def test_other_exports_are_refused_in_a_sentence(
    markers: np.ndarray, change: tuple[str, str], words: str
) -> None:
    text = format_qualisys_tsv(markers @ TO_Z_UP * 1000, [*MARKERS])
    assert change[0] in text
    with pytest.raises(SourceError, match=words):
        parse_qualisys(text.replace(*change, 1).encode())


@pytest.mark.parametrize("lost", [0, 2, 4])
def test_a_frame_in_which_all_markers_are_lost_keeps_its_place(
    markers: np.ndarray, read_file: ReadFile, lost: int
) -> None:
    markers[lost] = np.nan
    text = format_qualisys_tsv(markers @ TO_Z_UP * 1000, [*MARKERS], before=0)
    ((clip,), _) = read_file("qualisys_tsv", "a.tsv", text)
    assert clip.flags == ()
    assert clip.motion.present[:, 0].tolist() == [t != lost for t in range(5)]


def test_a_head_alone_has_no_frames() -> None:
    text = format_qualisys_tsv(np.zeros((0, 11, 3)), [*MARKERS])
    with pytest.raises(SourceError, match="a head without frames"):
        parse_qualisys(text.encode())


def test_the_reader_is_sound(markers: np.ndarray, tmp_path: Path) -> None:
    text = format_qualisys_tsv(markers @ TO_Z_UP * 1000, [*MARKERS])
    (tmp_path / "walk.tsv").write_text(text)
    assert check_reader(get_reader("qualisys_tsv"), str(tmp_path)) == []
