from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, check_reader, get_reader, read_clips, readers
from skeletonllm.corpora.generic.layout import parse_layout
from skeletonllm.errors import SourceError

Write = Callable[[str, str | bytes], Path]
YAML = """
topology: lab_stick_4
joints: [pelvis, head, left_hand, right_hand]
bones: [[pelvis, head], [head, left_hand], [head, right_hand]]
fps: 60
units: mm
up: z
"""
CSV = "pelvis_x,pelvis_y,pelvis_z," + ",".join(
    f"{j}_{a}" for j in ("head", "left_hand", "right_hand") for a in "xyz"
)
ROW = "1000,2000,3000,1,2,3,4,5,6,7,8,9"
ARRAY = np.arange(5 * 4 * 3, dtype=np.float32).reshape(5, 4, 3) + 1


def bytes_of(save: Callable[..., None], *args: object, **kwargs: object) -> bytes:
    file = io.BytesIO()
    save(file, *args, **kwargs)
    return file.getvalue()


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Callable[..., Clip | Reject]:
    def one(name: str, data: str | bytes, yaml: str | None = YAML) -> Clip | Reject:
        write(name, data)
        if yaml is not None:
            write("skeleton.yaml", yaml)
        (source,) = get_reader("generic").sources(str(tmp_path))
        clips, rejects = read_clips(get_reader("generic"), source)
        (item,) = [*clips, *rejects]
        return item

    return one


Read = Callable[..., Clip | Reject]


def clip_of(item: Clip | Reject) -> Clip:
    assert isinstance(item, Clip), item
    return item


def test_a_table_in_millimetres_with_z_up(read: Read) -> None:
    clip = clip_of(read("a.csv", f"{CSV}\n{ROW}\n{ROW}\n"))
    np.testing.assert_allclose(clip.motion.joints[0, 0, 0], (1, 3, -2))
    assert (clip.motion.fps, clip.motion.space, clip.motion.metric) == (60, "world", True)
    assert clip.clip_id == "generic/a"


@pytest.mark.parametrize(
    ("up", "handed", "expected"),
    [
        ("y", "right", (1, 2, 3)),
        ("-y", "right", (1, -2, -3)),
        ("z", "right", (1, 3, -2)),
        ("-z", "right", (1, -3, 2)),
        ("x", "right", (-2, 1, 3)),
        ("-x", "right", (2, -1, 3)),
        ("y", "left", (1, 2, -3)),
        ("z", "left", (1, 3, 2)),
    ],
)
def test_axes(read: Read, up: str, handed: str, expected: tuple[int, ...]) -> None:
    yaml = YAML.replace("up: z", f"up: {up}\nhanded: {handed}")
    clip = clip_of(read("a.csv", f"{CSV}\n{ROW}\n", yaml))
    np.testing.assert_allclose(clip.motion.joints[0, 0, 0], expected)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_blanks_are_missing_and_zeros_only_if_the_yaml_says_so(read: Read, mark: str) -> None:
    row = "0,0,0,1,2,3,,5,6,7,8,9"
    text = f"{CSV}\r\n{row}\r\n".replace(",", mark)
    clip = clip_of(read("a.csv", text))
    assert clip.motion.confidence[0, 0].tolist() == [1, 1, 0, 1]
    clip = clip_of(read("a.csv", text, f"{YAML}missing: zero"))
    assert clip.motion.confidence[0, 0].tolist() == [0, 1, 0, 1]


def test_frames_persons_and_confidence(read: Read) -> None:
    head = f"frame,who,{CSV},pelvis_c,head_c,left_hand_c,right_hand_c"
    rows = [f"{f},{who},{ROW},1,0.5,0,2" for f, who in ((2, "b"), (2, "a"), (4, "a"), (8, "a"))]
    yaml = f"{YAML}frame: frame\nperson: who\nconfidence: '{{joint}}_c'"
    clip = clip_of(read("a.csv", "\n".join([head, *rows]), yaml))
    assert clip.frame_index == (2, 4, 6, 8)
    assert clip.person_ids == ("b", "a")
    assert clip.motion.present.tolist() == [[True, True], [False, True], [False] * 2, [False, True]]
    assert clip.motion.confidence[0, 1].tolist() == [1, 0.5, 0, 1]


def test_columns_of_other_names(read: Read) -> None:
    yaml = f"{YAML}columns: '{{axis}}.{{joint}}'\nrename: {{pelvis: Hips}}"
    names = [f"{a}.{j}" for j in ("Hips", "head", "left_hand", "right_hand") for a in "xyz"]
    clip = clip_of(read("a.csv", f"more,{','.join(names)}\nx,{ROW}", yaml))
    np.testing.assert_allclose(clip.motion.joints[0, 0, 0], (1, 3, -2))


def test_parquet_gives_the_same_as_csv(read: Read, tmp_path: Path) -> None:
    csv = clip_of(read("a.csv", f"{CSV}\n{ROW}\n"))
    Path(csv.source_uri).unlink()
    table = pa.table({n: [float(v)] for n, v in zip(CSV.split(","), ROW.split(","), strict=True)})
    pq.write_table(table, tmp_path / "b.parquet")
    parquet = clip_of(read("b.parquet", (tmp_path / "b.parquet").read_bytes()))
    assert parquet.motion.sha256 == csv.motion.sha256


def test_arrays_in_any_order(read: Read) -> None:
    yaml = YAML.replace("up: z", "up: y").replace("mm", "m")
    plain = clip_of(read("a.npy", bytes_of(np.save, ARRAY), yaml))
    np.testing.assert_array_equal(plain.motion.joints[:, 0], ARRAY)
    Path(plain.source_uri).unlink()
    turned = bytes_of(np.savez_compressed, other=ARRAY[0], pose=ARRAY.transpose(2, 1, 0)[..., None])
    yaml += "array: pose\norder: [axis, joint, frame, person]"
    assert clip_of(read("a.npz", turned, yaml)).motion.sha256 == plain.motion.sha256


def test_an_archive_may_hold_its_rate(read: Read) -> None:
    yaml = YAML.replace("fps: 60\n", "array: pose\n")
    clip = clip_of(read("a.npz", bytes_of(np.savez, pose=ARRAY, fps=np.array(25)), yaml))
    assert clip.motion.fps == 25
    Path(clip.source_uri).unlink()
    item = read("b.npz", bytes_of(np.savez, pose=ARRAY, fps=np.array([1, 2])), yaml)
    assert isinstance(item, Reject)
    assert item.message == (
        "fps: missing in the YAML, and no array fps; expected frames a second, 0 to 10000"
    )


def test_labels_from_names(read: Read) -> None:
    yaml = f"{YAML}labels: [wave, sit_down]\nname: '{{label}}/s{{subject}}_{{repetition}}'"
    clip = clip_of(read("x/sit_down/s03_2.csv", f"{CSV}\n{ROW}\n", yaml))
    facts = (clip.clip_id, clip.label, clip.label_id, clip.subject, clip.repetition)
    assert facts == ("generic/x/sit_down/s03_2", "sit_down", 1, "03", "2")
    item = read("x/sit_down/s03_2.csv", f"{CSV}\n{ROW}\n", yaml.replace("sit_down]", "sit]"))
    assert isinstance(item, Reject)
    assert item.code == "unknown_label"


def test_pictures(read: Read) -> None:
    yaml = "topology: coco_17\nfps: 25\nunits: px\nimage_size: [640, 480]"
    clip = clip_of(read("a.npy", bytes_of(np.save, np.full((3, 17, 2), 7.0)), yaml))
    assert (clip.motion.space, clip.motion.image_size) == ("image", (640, 480))
    assert clip.motion.joints[0, 0, 0].tolist() == [7, 7, 0]


def test_the_yaml_of_a_file_goes_before_that_of_the_folder(read: Read, write: Write) -> None:
    write("a.yaml", YAML.replace("60", "30"))
    assert clip_of(read("a.csv", f"{CSV}\n{ROW}\n")).motion.fps == 30


def test_all_faults_of_a_yaml_are_said_at_once() -> None:
    text = "topology: lab_one\njoints: [pelvis]\nname: '{a}'\nfps: fast\nunits: furlong\n"
    text += "up: q\nspeed: 1"
    with pytest.raises(SourceError) as caught:
        parse_layout(text)
    for words in (
        "fps: 'fast'",
        "units: 'furlong'",
        "up: 'q'",
        "unknown key 'speed'",
        "name: '{a}'",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("topology: kinect_v9\nfps: 1\nunits: m", "format", "unknown topology 'kinect_v9'"),
        ("topology: l2\njoints: [pelvis, tail]\nfps: 1\nunits: m", "format", "unknown joints"),
        ("topology: coco_17\nfps: 1\nunits: m", "format", "go together"),
        ("a: &a [1]\nb: *a", "unsafe", "aliases"),
        ("[" * 5000, "unsafe", "too deeply"),
        ("- " * 5000, "unsafe", "too deeply"),
        ("- 1", "format", "a list"),
        ("fps: !!timestamp 1", "format", "not YAML"),
        ("topology: kinect_v1\nunits: m\nfps: 0x" + "f" * 9999, "format", "without end"),
        ("x: !!python/object/apply:os.system [ls]", "format", "not YAML"),
    ],
)
def test_bad_yamls(text: str, code: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        parse_layout(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "data", "code", "words"),
    [
        ("a.csv", f"{CSV}\n", "no_frames", "0 frames"),
        ("a.csv", f"{CSV}\n{ROW},1", "format", "13 values; expected 12"),
        ("a.csv", f"{CSV}\n{ROW}".replace("9", "x"), "format", "column right_hand_z"),
        ("a.csv", "pelvis_x\n1", "format", "no column pelvis_y, pelvis_z, head_x"),
        ("a.csv", b"\xff\xfea", "encoding", "truncated data; expected utf-16"),
        ("a.csv", f"{CSV}\n{ROW}".replace("1000", "1e300"), "out_of_range", "beyond"),
        ("a.npy", bytes_of(np.save, ARRAY[:, :3]), "format", "with 4 joints and 3 coordinates"),
        ("a.npz", bytes_of(np.savez, a=ARRAY, b=ARRAY), "format", "the arrays a, b"),
        ("a.npz", bytes_of(np.savez, a=ARRAY)[:200], "format", "not a whole .npz"),
        ("a.parquet", b"PAR1 no", "format", "not Parquet"),
    ],
)
def test_bad_files(read: Read, name: str, data: str | bytes, code: str, words: str) -> None:
    item = read(name, data)
    assert isinstance(item, Reject), item
    assert item.code == code
    assert words in item.message


def test_a_file_without_a_yaml_is_a_reject_that_says_what_to_write(read: Read) -> None:
    item = read("a.csv", f"{CSV}\n{ROW}\n", None)
    assert isinstance(item, Reject)
    assert "no a.yaml beside it, and no skeleton.yaml" in item.message


def test_the_contract_holds(write: Write, tmp_path: Path) -> None:
    write("lab/skeleton.yaml", YAML)
    write("lab/wave/1.csv", f"{CSV}\n{ROW}\n")
    write("lab/sit/1.csv", f"{CSV}\n{ROW}\n")
    assert check_reader(get_reader("generic"), str(tmp_path / "lab")) == []


def test_the_yaml_of_the_docs_is_a_layout() -> None:
    docs = Path(__file__).resolve().parents[4] / "docs" / "CORPORA.md"
    text = docs.read_text("utf-8")
    layout = parse_layout(text.partition("```yaml\n")[2].partition("```")[0])
    assert layout.columns[0] == ("Hips_x", "Hips_y", "Hips_z")
    assert layout.order == ("frame", "person", "joint", "axis")
    table = text.partition("## Files")[0]
    assert [name for name in readers() if f"`{name}`" not in table] == []


COLUMNS = CSV.split(",")


def parquet(column: pa.Array, names: list[str] = COLUMNS, **options: object) -> bytes:
    table = pa.Table.from_arrays([column] * len(names), names=names)
    return bytes_of(lambda file: pq.write_table(table, file, **options))


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (parquet(pa.array(np.zeros(1_000_000))), "unsafe", "1000000 rows"),
        (parquet(pa.array(["9" * 100_000] * 9), store_schema=False), "format", "string in the col"),
        (parquet(pa.array([[1.0]])), "format", "list<element: double> in the column pelvis_x"),
        (parquet(pa.array([1.0]), [*COLUMNS, "pelvis_x"]), "format", "'pelvis_x' twice"),
    ],
)
def test_parquet_that_harms(read: Read, data: bytes, code: str, words: str) -> None:
    reject = read("a.parquet", data)
    assert isinstance(reject, Reject)
    assert (reject.code, words in reject.message) == (code, True), reject.message


def test_blank_lines_are_left_out_but_not_without_end(read: Read) -> None:
    clip = clip_of(read("a.csv", f"{CSV}\n{ROW}\n\n\r\n{ROW}\n\n\n"))
    assert clip.motion.num_frames == 2
    reject = read("a.csv", f"{CSV}\n{ROW}" + "\n" * 5000 + ROW)
    assert isinstance(reject, Reject)
    assert "blank lines" in reject.message


def test_two_frames_cannot_ask_for_a_million(read: Read) -> None:
    table = f"t,{CSV}\n0,{ROW}\n1000000,{ROW}\n1000001,{ROW}\n"
    reject = read("a.csv", table, YAML + "frame: t\n")
    assert isinstance(reject, Reject)
    assert (reject.code, "3 frames numbered over" in reject.message) == ("unsafe", True)


def test_a_name_said_a_thousand_times_is_held_once(read: Read) -> None:
    columns = {name: np.repeat(np.arange(1000.0), 2) for name in [*COLUMNS, "t"]}
    who = pa.array(["A" * 200_000, "B"] * 1000)  # 200 MB, were it unpacked
    data = bytes_of(lambda file: pq.write_table(pa.table({**columns, "who": who}), file))
    clip = clip_of(read("a.parquet", data, YAML + "frame: t\nperson: who\n"))
    assert [len(name) for name in clip.person_ids] == [200_000, 1]


def test_an_npz_that_leads_before_its_start_is_refused(read: Read) -> None:
    whole = bytes_of(np.savez, x=ARRAY)
    reject = read("a.npz", whole[:9] + whole[40:])
    assert isinstance(reject, Reject)
    assert (reject.code, "not a whole .npz" in reject.message) == ("format", True)
