"""Tables as labs write them, each with a YAML, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, get_reader, read_clips
from skeletonllm.testing.strategies import FEW_EXAMPLES

Write = Callable[[str, str | bytes], Path]
JOINTS = ("pelvis", "head", "left_hand", "right_hand")
YAML = f"""topology: lab_tables_4
joints: [{", ".join(JOINTS)}]
units: m
"""
RNG = np.random.default_rng(0)
NUMBERS = (RNG.uniform(-1, 1, 12) + RNG.uniform(-0.01, 0.01, (9, 12))).round(4)
COLUMNS = [f"{joint}_{axis}" for joint in JOINTS for axis in "xyz"]
HEAD = ",".join(COLUMNS)
ROWS = [",".join(map(str, row)) for row in NUMBERS.tolist()]


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., tuple[Clip, list[Reject]]]:
    def one(
        data: str | bytes, more: str = "fps: 30", name: str = "a.csv"
    ) -> tuple[Clip, list[Reject]]:
        write(name, data)
        write("skeleton.yaml", YAML + more)
        (source,) = get_reader("generic").sources(str(tmp_path))
        clips, rejects = read_clips(get_reader("generic"), source)
        (clip,) = clips or [None]
        assert clip is not None, rejects
        return clip, rejects

    return one


Read = Callable[..., tuple[Clip, list[Reject]]]


def same(clip: Clip, rows: int = 9) -> None:
    np.testing.assert_allclose(
        clip.motion.joints[:rows, 0].reshape(rows, -1), NUMBERS[:rows], atol=1e-6
    )


def lines(*rows: str) -> str:
    return "\n".join(rows)


def beside(name: str, values: list[str]) -> str:
    return lines(f"{name},{HEAD}", *(f"{v},{row}" for v, row in zip(values, ROWS, strict=True)))


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".txt", ".tab", ".CSV"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " "])
def test_any_ending_with_any_mark(read: Read, ending: str, mark: str) -> None:
    clip, rejects = read(lines(HEAD, *ROWS).replace(",", mark), name=f"a{ending}")
    same(clip)
    assert (clip.flags, rejects) == ((), [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_unicode(read: Read, encoding: str) -> None:
    same(read(lines(HEAD, *ROWS).encode(encoding))[0])


def test_letters_of_windows_in_the_head(read: Read) -> None:
    same(read(beside("Zeit (\u00b5s)", ["0"] * 9).encode("cp1252"))[0])


@pytest.mark.parametrize(
    ("before", "more"),
    [
        (["# made by us", "# unit m"], ""),
        (["Lab export;v2", "subject: 3"], ""),
        (["", "% a", "// b"], ""),
        (["Lab export;v2", "subject: 3"], "skip_rows: 2"),
        (["! a", "! b"], "comments: '!'"),
    ],
)
def test_lines_above_the_head_are_said_unless_the_yaml_says_them(
    read: Read, before: list[str], more: str
) -> None:
    clip, _ = read(lines(*before, HEAD, *ROWS), f"fps: 30\n{more}")
    same(clip)
    assert clip.flags == (() if more else ("rows_skipped",))


def test_a_row_of_units(read: Read, write: Write, tmp_path: Path) -> None:
    clip, _ = read(lines(HEAD, ",".join(["[m]"] * 12), *ROWS))
    same(clip)
    assert clip.flags == ("rows_skipped",)
    write("a.csv", lines(HEAD, ",".join(["mm"] * 12), *ROWS))
    (source,) = get_reader("generic").sources(str(tmp_path))
    _, (reject,) = read_clips(get_reader("generic"), source)
    assert reject.message == ("line 2 gives the unit mm; expected units: m, as the YAML says")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("oops" + ROWS[4][ROWS[4].index(",") :], "line 6, column pelvis_x: 'oops'"),
        ("1,2", "line 6: 2 values; expected 12"),
        ("inf" + ROWS[4][ROWS[4].index(",") :], "1 frames with a coordinate beyond 1000"),
    ],
)
def test_a_bad_row_costs_that_row_and_keeps_its_place(read: Read, row: str, words: str) -> None:
    clip, rejects = read(lines(HEAD, *ROWS[:4], row, *ROWS[5:]))
    assert clip.motion.present[:, 0].tolist() == [True] * 4 + [False] + [True] * 4
    np.testing.assert_allclose(clip.motion.joints[5, 0].ravel(), NUMBERS[5], atol=1e-6)
    assert clip.flags == ("unread_frames",)
    (reject,) = rejects
    assert words in reject.message
    assert reject.source_uri.endswith("a.csv#rows")


def test_a_bad_row_with_a_number_of_its_own_is_a_frame_that_is_absent(read: Read) -> None:
    numbers = [str(n) for n in range(9)]
    text = beside("frame", numbers).replace(f"\n4,{ROWS[4]}", "\n4,x" + ROWS[4][6:])
    clip, rejects = read(text, "fps: 30\nframe: frame")
    assert (len(rejects), clip.frame_index) == (1, tuple(range(9)))
    assert not clip.motion.present[4, 0]


@pytest.mark.parametrize(
    ("name", "values", "fps"),
    [
        ("time", [f"{n / 60:.4f}" for n in range(9)], 60.0),
        ("t_ms", [f"{n * 1000 / 60:.0f}" for n in range(9)], 60.0),
        ("timestamp", [f"{1.7e9 + n / 50:.3f}" for n in range(9)], 50.0),
        ("when", [f"2024-05-01T10:00:{n / 25:09.6f}" for n in range(9)], 25.0),
        ("clock", [f"10:00:{n / 25:06.3f}" for n in range(9)], 25.0),
        ("zeit", [f"27.11.2026 12:00:{n / 25:06.3f}" for n in range(9)], 25.0),
        ("when", [f"11/27/2026 1:00:{n / 25:06.3f} PM" for n in range(9)], 25.0),
        (
            "night",
            [
                f"{23 if n < 4 else 0:02d}:{59 if n < 4 else 0:02d}:{(59.84 + n / 25) % 60:06.3f}"
                for n in range(9)
            ],
            25.0,
        ),
        ("clock", [f"10:00:{2 * n:02d}" for n in range(9)], 0.5),
    ],
)
def test_times_of_any_kind_give_the_rate(
    read: Read, name: str, values: list[str], fps: float
) -> None:
    clip, _ = read(beside(name, values), f"time: {name}")
    same(clip)
    assert (clip.motion.fps, clip.flags) == (fps, ())


def test_timecodes_count_frames_of_the_stated_rate(read: Read, write: Write) -> None:
    codes = [f"01:02:{3 + n // 25:02d}:{n % 25:02d}" for n in range(20, 29)]
    clip, _ = read(beside("tc", codes), "time: tc\nfps: 25")
    same(clip)
    assert (clip.motion.fps, clip.motion.num_frames, clip.flags) == (25.0, 9, ())


def test_timecodes_without_a_rate_and_days_between_frames_are_refused(
    write: Write, tmp_path: Path
) -> None:
    for values, said in [
        ([f"01:02:03:{n:02d}" for n in range(9)], "fps: in the YAML"),
        ([f"2026-11-{1 + n:02d} 10:00:00" for n in range(9)], "at least 0.1"),
    ]:
        write("a.csv", beside("tc", values))
        write("skeleton.yaml", YAML + "time: tc")
        (source,) = get_reader("generic").sources(str(tmp_path))
        clips, (reject,) = read_clips(get_reader("generic"), source)
        assert clips == []
        assert said in reject.message


def test_a_repeated_row_costs_itself(read: Read) -> None:
    clip, (reject,) = read(beside("frame", [*"01234566", "8"]), "fps: 30\nframe: frame")
    assert "line 9: frame 6 again, which line 8 has" in reject.message
    assert "repeated_frames" in clip.flags
    assert clip.frame_index == tuple(range(9))
    assert clip.motion.present[:, 0].tolist() == [True] * 7 + [False, True]
    np.testing.assert_allclose(clip.motion.joints[8, 0].reshape(-1), NUMBERS[8], atol=1e-6)


def test_a_recording_that_starts_again_is_refused_by_its_line(write: Write, tmp_path: Path) -> None:
    write("a.csv", beside("t", [f"{n % 5 / 25:.2f}" for n in range(9)]))
    write("skeleton.yaml", YAML + "time: t")
    (source,) = get_reader("generic").sources(str(tmp_path))
    clips, (reject,) = read_clips(get_reader("generic"), source)
    assert clips == []
    assert "line 7: t 0 again, which line 2 has (4 of 9 rows repeat one)" in reject.message


@pytest.mark.parametrize(
    ("written", "kept", "flags"),
    [
        (("95", "40", "0.5", "100"), (0.95, 0.4, 0.005, 1), ("confidence_percent",)),
        (("0.95", "1.03", "0.5", "1"), (0.95, 1, 0.5, 1), ()),
        (("2", "1", "0.5", "2"), (1, 1, 0.5, 1), ("confidence_clipped",)),
    ],
)
def test_confidences_of_other_scales(
    read: Read, written: tuple[str, ...], kept: tuple[float, ...], flags: tuple[str, ...]
) -> None:
    more = ",".join(f"{joint}_c" for joint in JOINTS)
    text = lines(f"{HEAD},{more}", *(f"{row},{','.join(written)}" for row in ROWS))
    clip, _ = read(text, 'fps: 30\nconfidence: "{joint}_c"')
    np.testing.assert_allclose(clip.motion.confidence[0, 0], kept, atol=1e-6)
    assert clip.flags == flags


def test_a_number_that_yaml_takes_for_text_marks_a_missing_joint(read: Read) -> None:
    rows = [*ROWS[:8], ",".join(["1e10"] * 3 + ROWS[8].split(",")[3:])]
    clip, rejects = read(lines(HEAD, *rows), "fps: 30\nmissing: 1e10")
    assert (clip.flags, rejects) == ((), [])
    assert clip.motion.confidence[8, 0].tolist() == [0, 1, 1, 1]


def test_millimetres_that_are_said_to_be_metres(write: Write, tmp_path: Path) -> None:
    rows = [",".join(f"{v * 1500:.2f}" for v in row) for row in NUMBERS.tolist()]
    write("a.csv", lines(HEAD, *rows))
    write("skeleton.yaml", YAML + "fps: 30")
    (source,) = get_reader("generic").sources(str(tmp_path))
    clips, (reject,) = read_clips(get_reader("generic"), source)
    assert (clips, reject.code) == ([], "out_of_range")
    assert "is the unit mm" in reject.message


@pytest.mark.parametrize("first", [636_000_000_000_000_000, 133_000_000_000_000_000, 0])
def test_ticks_of_windows(read: Read, first: int) -> None:
    values = [f"{first + n * 10_000_000 // 30}" for n in range(9)]
    clip, _ = read(beside("ticks", values), "time: ticks")
    same(clip)
    assert (clip.motion.fps, clip.flags) == (30.0, ("time_unit_assumed",))


def test_uneven_times(read: Read) -> None:
    times = ["0", "0.01", "0.05", "0.06", "0.1", "0.14", "0.15", "0.19", "0.2"]
    clip, _ = read(beside("t", times), "time: t")
    assert clip.flags == ("irregular_frames",)
    clip, _ = read(beside("t", times), "time: t\nfps: 100")
    assert (clip.motion.num_frames, clip.flags) == (21, ("irregular_frames", "resampled"))
    np.testing.assert_allclose(clip.motion.joints[5, 0].ravel(), NUMBERS[2], atol=1e-6)


def test_frames_by_the_names_of_pictures(read: Read) -> None:
    clip, _ = read(
        beside("file", [f"img_{n:04d}.png" for n in range(2, 20, 2)]), "fps: 30\nframe: file"
    )
    assert clip.frame_index == tuple(range(2, 20, 2))


def test_words_and_numbers_for_what_is_missing(read: Read) -> None:
    rows = [*ROWS]
    for at, word in ((1, "NA"), (2, "null"), (3, "occluded"), (4, "9999"), (5, "-1")):
        rows[at] = ",".join([*[word] * 3, *rows[at].split(",")[3:]])
    clip, _ = read(lines(HEAD, *rows), "fps: 30\nmissing: [occluded, 9999, -1]")
    assert clip.motion.confidence[:, 0, 0].tolist() == [1, 0, 0, 0, 0, 0, 1, 1, 1]
    assert clip.flags == ()


def test_numbers_alone(read: Read) -> None:
    text = lines(*ROWS).replace(",", "  ")
    clip, _ = read(text, "fps: 30\nheader_rows: 0\norder: [frame, joint, axis]", "a.txt")
    same(clip)
    assert clip.flags == ()


def test_names_of_two_lines(read: Read) -> None:
    first = ",".join(n[:-2] if n.endswith("x") else "" for n in COLUMNS)
    second = ",".join(name[-1] for name in COLUMNS)
    same(read(lines(first, second, *ROWS), "fps: 30\nheader_rows: 2")[0])


def test_a_label_without_a_list_of_them_is_a_caption(read: Read) -> None:
    clip, _ = read(lines(HEAD, *ROWS), "fps: 30\nname: '{label}/{subject}'", "wave/s3.csv")
    assert (clip.label, [caption.text for caption in clip.captions]) == (None, ["wave"])
    assert clip.subject == "s3"


def test_parquet_with_moments(read: Read) -> None:
    columns = {name: NUMBERS[:, i] for i, name in enumerate(COLUMNS)}
    times = pa.array(np.arange(9) * 40_000, pa.timestamp("us"))
    file = pa.BufferOutputStream()
    pq.write_table(pa.table({**columns, "When": times}), file)
    clip, _ = read(file.getvalue().to_pybytes(), "time: when", "a.parquet")
    same(clip)
    assert clip.motion.fps == 25.0


@pytest.mark.parametrize("name", ["a.yml", "a.yaml", "skeleton.yml"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_yamls_of_other_names_and_letters(
    write: Write, tmp_path: Path, name: str, encoding: str
) -> None:
    write("a.csv", lines(HEAD, *ROWS))
    write(name, f"{YAML}fps:\t30\n".replace("\n", "\r\n").encode(encoding))
    (source,) = get_reader("generic").sources(str(tmp_path))
    (clip,), rejects = read_clips(get_reader("generic"), source)
    same(clip)
    assert rejects == []


def test_the_picture_size_that_the_user_states(write: Write, tmp_path: Path) -> None:
    names = [f"{joint}_{axis}" for joint in JOINTS for axis in "xy"]
    write("a.csv", lines(",".join(names), *[",".join(["0.5"] * 8)] * 3))
    yaml = YAML.replace("tables_4", "tables_2d").replace("units: m", "dims: 2\nunits: normalized")
    write("skeleton.yaml", f"{yaml}fps: 30")
    (source,) = get_reader("generic").sources(str(tmp_path))
    (clip,), _ = read_clips(get_reader("generic"), replace(source, image_size=(1280, 720)))
    assert clip.motion.image_size == (1280, 720)
    assert clip.motion.joints[0, 0, 0].tolist() == [640, 360, 0]
    _, (reject,) = read_clips(get_reader("generic"), source)
    assert "without image_size: [width, height]" in reject.message


@FEW_EXAMPLES
@given(
    seed=st.integers(0, 2**32),
    mark=st.sampled_from(";\t|"),
    decimal=st.sampled_from(".,"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    above=st.sampled_from(["", "# by us\n", "Export;1,5\n\n"]),
    fps=st.sampled_from([24.0, 25.0, 30.0, 50.0, 60.0, 120.0]),
    absent=st.sets(st.integers(1, 10), max_size=4),
    lost=st.integers(0, 11),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    mark: str,
    decimal: str,
    encoding: str,
    above: str,
    fps: float,
    absent: set[int],
    lost: int,
) -> None:
    numbers = np.random.default_rng(seed).uniform(-2, 2, (12, 12))
    kept = [t for t in range(12) if t not in absent]
    rows = [["Zeit", *COLUMNS]]
    for t in kept:
        words = [f"{t / fps:.4f}", *(f"{value:.9f}" for value in numbers[t])]
        words[1 + 3 * (t % 4)] = "NA" if t == lost else words[1 + 3 * (t % 4)]
        rows.append([word.replace(".", decimal) for word in words])
    folder = tmp_path_factory.mktemp("table")
    text = above + "\n".join(mark.join(row) for row in rows)
    (folder / "a.txt").write_bytes(text.encode(encoding))
    (folder / "a.yml").write_text(f"{YAML}time: Zeit")
    (source,) = get_reader("generic").sources(str(folder))
    (clip,), rejects = read_clips(get_reader("generic"), source)
    assert rejects == []
    motion = clip.motion
    assert motion.fps == pytest.approx(fps, rel=1e-3)
    assert np.flatnonzero(motion.present[:, 0]).tolist() == kept
    there = motion.confidence[kept, 0] > 0
    expected = numbers.reshape(12, 4, 3)[kept]
    np.testing.assert_allclose(motion.joints[kept, 0][there], expected[there], atol=1e-5)
    assert int((~there).sum()) == (lost in kept)


@pytest.mark.parametrize(
    ("text", "yaml", "said"),
    [
        ("frame,Joint Name,x,y,z\n0,pelvis,1,2,3\n", "fps: 30", "Say joint: Joint Name"),
        (lines(HEAD, *ROWS), "fps: 30\ndims: 2\nspace: image\nunits: share", "--image-size"),
    ],
)
def test_a_sentence_says_what_to_write(
    write: Write, tmp_path: Path, text: str, yaml: str, said: str
) -> None:
    write("a.csv", text)
    picture = YAML.replace("_4", "_flat_4").replace("units: m\n", "")
    write("skeleton.yaml", (picture if "units" in yaml else YAML) + yaml)
    (source,) = get_reader("generic").sources(str(tmp_path))
    _, (reject,) = read_clips(get_reader("generic"), source)
    assert said in reject.message
