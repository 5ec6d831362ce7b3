"""From raw files to a verified release, walked by the jobs themselves on a small corpus."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from jobs import cli
from schemas import NEGATIVE, RATIONALE
from skeletonllm.storage import join, read_json, read_table, write_table
from skeletonllm.stream.stream import Stream
from skeletonllm.synthesis import write_corpora
from skeletonllm.testing.processes import read_folder
from skeletonllm.views.view import View
from tests.skeletonllm.views.test_questions import question, table_of

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]

ACTIONS = ("sit down", "hand waving", "shaking hands")
CORPORA = ("humanml3d", "ntu_rgbd", "nw_ucla", "pyskl")


def walk(root: Path) -> Path:
    """Everything between raw files and a release; the release's folder."""
    sizes = {"ntu_clips_per_action": 4, "nw_ucla_clips_per_action": 1}
    raw = write_corpora(
        root / "raw", **sizes, humanml3d_clips=4, pyskl_clips_per_action=2, actions=ACTIONS
    )
    clips = [str(root / "clips" / corpus) for corpus in CORPORA]
    for corpus, out in zip(CORPORA, clips, strict=True):
        flags = ["--input", raw[corpus], "--output", out, "--licence", "synthetic"]
        assert cli.main(["normalize", "--corpus", corpus, *flags]) == 0
    made = {name: str(root / name) for name in ("negatives", "rationales", "shards")}
    assert cli.main(["mine-negatives", "--clips", *clips, "--output", made["negatives"]]) == 0
    assert cli.main(["build-rationales", "--clips", *clips, "--output", made["rationales"]]) == 0
    told = ["--rationales", made["rationales"], "--negatives", made["negatives"]]
    assert cli.main(["build-shards", "--clips", *clips, *told, "--output", made["shards"]]) == 0
    named = ["--name", "toy", "--version", "0.1.0", "--audience", "public"]
    places = ["--shards", made["shards"], "--output", str(root / "releases")]
    assert cli.main(["cut-release", *named, "--clips", *clips, *told, *places]) == 0
    return root / "releases" / "toy" / "0.1.0"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, local_ray: None) -> Path:
    folder = tmp_path_factory.mktemp("road")
    walk(folder)
    return folder


@pytest.fixture(scope="module")
def release(root: Path) -> Path:
    return root / "releases" / "toy" / "0.1.0"


def test_the_release_is_whole(release: Path) -> None:
    assert cli.main(["verify", str(release)]) == 0
    counts = read_json(f"{release}/manifest.json")["counts"]
    assert counts["samples"] == 3 * 4 + 10 + 4 + 3 * 2
    assert counts["shards"] == 4
    assert counts["rationales"] == counts["samples"]


def test_a_flipped_bit_is_found(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name, data in read_folder(release).items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    tar = copy / "shards" / "nw_ucla.tar"
    data = bytearray(tar.read_bytes())
    data[len(data) // 2] ^= 1
    tar.write_bytes(bytes(data))
    assert cli.main(["verify", str(copy)]) == 1


def test_every_corpus_is_in_it_with_negatives_and_rationales(release: Path) -> None:
    view = View(labelled=False)
    stream = Stream(str(release), view, batch_size=8, needs=("negatives", "rationales"))
    by_corpus = {s.clip.corpus: s for batch in stream for s in batch if s.weight}
    assert set(by_corpus) == set(CORPORA)
    for corpus, sample in by_corpus.items():
        assert sample.rationales[0]["text"].splitlines()[-1].startswith("Label: ")
        assert bool(sample.negatives) == (corpus != "humanml3d")  # captions name no class
    assert len(by_corpus["ntu_rgbd"].negatives) == 119
    assert len(by_corpus["nw_ucla"].negatives) == 9
    assert by_corpus["humanml3d"].clip.captions


def test_tables_of_the_stages_fit_their_schemas(root: Path) -> None:
    negatives = read_table(f"{root}/negatives/parts/part-00000.parquet")
    assert NEGATIVE.faults(negatives) == []
    ranked = negatives.filter(pa.compute.equal(negatives.column("label"), "sit down"))
    assert sorted(set(ranked.column("label_namespace").to_pylist())) == ["ntu", "nw_ucla"]
    for part in sorted((root / "rationales" / "parts").iterdir()):
        assert RATIONALE.faults(read_table(str(part))) == []


def test_no_file_of_the_release_names_this_machine(root: Path, release: Path) -> None:
    for name, data in read_folder(release).items():
        assert str(root).encode() not in data, name


def test_the_road_walked_elsewhere_gives_the_same_bytes(release: Path, tmp_path: Path) -> None:
    assert read_folder(walk(tmp_path / "elsewhere")) == read_folder(release)


def test_another_rationale_is_another_configuration(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = str(root / "clips" / "nw_ucla")
    flags = ["--clips", clips, "--output", str(root / "rationales")]
    assert cli.main(["build-rationales", *flags]) == 2
    assert "Nothing was overwritten" in capsys.readouterr().err


@pytest.mark.parametrize(
    "call",
    [
        "mine-negatives --clips nosuch --output {out}",
        "build-rationales --clips nosuch --output {out}",
        "build-shards --clips nosuch --output {out}",
        "build-shards --clips {clips} --rationales nosuch --output {out}",
        "build-shards --clips {clips} --negatives {clips} --output {out}",
        "build-shards --clips {clips} --questions nosuch --output {out}",
        "build-shards --clips {clips} --questions nosuch.parquet --output {out}",
        "build-shards --clips {clips} --questions {clips} --output {out}",
        "cut-release --name a --version 1.0.0 --clips nosuch --shards nosuch --output {out}",
        "cut-release --name a --version one --clips {clips} --shards {clips} --output {out}",
        "verify nosuch",
        "train --release nosuch --output {out}",
        "evaluate --release nosuch --checkpoint nosuch --output {out}",
        "inspect nosuch",
        "render nosuch --out {out}",
    ],
)
def test_a_wrong_path_is_one_sentence_and_exit_2(
    call: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = call.format(out=out, clips=root / "clips" / "nw_ucla").split()
    assert cli.main(words) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert said[0].startswith("error: ")
    assert not out.exists()


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_corpus_is_made_anew_from_its_raw_files(
    corpus: str, root: Path, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = read_table(f"{release}/index.parquet", ["clip_id"]).column("clip_id").to_pylist()
    clip_id = next(name for name in ids if name.startswith(f"{corpus}/"))
    file = str(tmp_path / "trail.json")
    flags = ["--raw", str(root / "raw"), "--json", file]
    assert cli.main(["trace", str(release), clip_id, *flags]) == 0
    assert "not held: which code" not in capsys.readouterr().out
    trail = read_json(file)
    assert trail["rebuilt"]["proved"]
    assert trail["rebuilt"]["recorded_code"] == trail["rebuilt"]["code"]
    (stage,) = trail["made_by"]
    assert (stage["reader"]["name"], stage["config"]["profile"]) == (corpus, "clean@2")


def test_a_corpus_that_is_not_there_is_no_proof(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = read_table(f"{release}/index.parquet", ["clip_id"]).column("clip_id").to_pylist()
    ntu, ucla = (next(n for n in ids if n.startswith(c)) for c in ("ntu_rgbd", "nw_ucla"))
    (tmp_path / "S001C001P001R001A001.skeleton").write_text("1\n0\n")
    assert cli.main(["trace", str(release), ntu, "--raw", str(tmp_path)]) == 1
    assert "no file of it in" in capsys.readouterr().out
    assert cli.main(["trace", str(release), ucla, "--raw", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_rationales_of_other_clips_are_refused(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--clips", str(root / "clips" / "nw_ucla"), "--output", str(tmp_path / "shards")]
    assert cli.main(["build-shards", *flags, "--rationales", str(root / "rationales")]) == 2
    said = "rationales of other clips; expected the same --clips, in the same order"
    assert said in capsys.readouterr().err
    assert not (tmp_path / "shards").exists()


def test_questions_go_into_shards_and_release(root: Path, tmp_path: Path) -> None:
    clips, shards = str(root / "clips" / "nw_ucla"), str(tmp_path / "shards")
    part = read_table(f"{clips}/parts/part-00000.parquet", ["clip_id"])
    inside = part.column("clip_id")[2].as_py()
    for name in (inside, "elsewhere/1"):
        write_table(f"{tmp_path}/asked/{name[0]}.parquet", table_of(question(name)))
    flags = ["--questions", str(tmp_path / "asked"), "--output", shards]
    assert cli.main(["build-shards", "--clips", clips, *flags]) == 0
    named = ["--name", "asked", "--version", "1.0.0", "--shards", shards, "--clips", clips]
    assert cli.main(["cut-release", *named, "--output", str(tmp_path)]) == 0
    release = str(tmp_path / "asked" / "1.0.0")
    assert cli.main(["verify", release]) == 0
    assert read_json(join(release, "manifest.json"))["counts"]["questions"] == 1
    records = read_json(join(release, "croissant.json"))["recordSet"]
    assert "questions/answer" in {field["@id"] for of in records for field in of["field"]}
    assert cli.main(["trace", release, inside, "--json", str(tmp_path / "trail.json")]) == 0
    (told,) = read_json(str(tmp_path / "trail.json"))["questions"]
    assert (told["kind"], told["count"]) == (question(inside)["kind"], 1)
    (batch,) = Stream(release, View(having=("questions",)), batch_size=1)
    assert [(s.clip.clip_id, s.questions) for s in batch] == [(inside, (question(inside),))]


DAMAGED = ["", "[]", "5", '{"stage": "normalize"}', '{"schema": "skeletonllm.release"}']
"""Content of a manifest.json; each is one sentence, whoever reads it."""


@pytest.mark.parametrize(
    "call",
    [
        "build-shards --clips {damaged} --output {out}",
        "build-rationales --clips {damaged} --output {out}",
        "cut-release --name a --version 1.0.0 --clips {damaged} --shards {damaged} --output {out}",
        "train --release {damaged} --output {out}",
        "evaluate --release {damaged} --checkpoint {damaged} --output {out}",
        "inspect {damaged}",
    ],
)
@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_manifest_is_one_sentence_and_exit_2(
    call: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged, out = tmp_path / "damaged", tmp_path / "out"
    damaged.mkdir()
    (damaged / "manifest.json").write_text(content)
    assert cli.main(call.format(out=out, damaged=damaged).split()) == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said.startswith("error: ")
    assert not out.exists()


def test_paths_may_be_spelled_otherwise(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    clips = [f"./clips/{corpus}" for corpus in CORPORA]
    told = ["--rationales", "rationales", "--negatives", "negatives"]
    out = tmp_path / "shards"
    assert cli.main(["build-shards", "--clips", *clips, *told, "--output", str(out)]) == 0
    assert cli.main(["build-shards", "--clips", *clips, *told, "--output", "shards"]) == 0
    ours, theirs = read_folder(out), read_folder(root / "shards")
    assert ours == theirs


@pytest.mark.parametrize("corpus", CORPORA)
def test_render_writes_pictures_and_the_array(corpus: str, root: Path, tmp_path: Path) -> None:
    out, path = tmp_path / "pictures", root / "clips" / corpus
    flags = ["--out", str(out), "--size", "56", "--frames", "2,5,9"]
    assert cli.main(["render", str(path), *flags]) == 0
    frames = np.load(out / "frames.npy")
    assert (frames.shape, frames.dtype) == ((3, 56, 56, 3), np.float32)
    assert 0 <= frames.min() < frames.max() <= 1
    names = sorted(p.name for p in out.iterdir())
    numbered = [f"frame_{i:05d}.png" for i in (2, 5, 9)]
    assert names == [*numbered, "frames.npy", "sheet.png"]
    picture = np.asarray(Image.open(out / "frame_00005.png"), np.float32) / 255
    assert np.abs(picture - frames[1]).max() <= 0.5 / 255 + 1e-6


def test_render_takes_one_clip_by_name(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (raw,) = (root / "raw" / "ntu_rgbd").glob("S001C001P002R001A058.skeleton")
    flags = ["--out", str(tmp_path), "--size", "28", "--frames", "2"]
    assert cli.main(["render", str(raw), *flags]) == 0
    named = f"{root / 'clips' / 'ntu_rgbd'}#ntu_rgbd/S001C001P002R001A058"
    assert cli.main(["render", named, *flags]) == 0
    said = capsys.readouterr().out
    assert said.count("ntu_rgbd/S001C001P002R001A058: shaking hands") == 2
    assert cli.main(["render", f"{root / 'clips' / 'ntu_rgbd'}#nosuch", *flags]) == 2
    assert cli.main(["render", str(raw), *flags[:-1], "some"]) == 2
    assert "--frames 'some'; expected a count such as 12" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("releases/toy/0.1.0", "release"),
        ("clips/ntu_rgbd", "clips"),
        ("clips/ntu_rgbd/parts/part-00000.parquet", "clips part"),
        ("raw/nw_ucla", "raw nw_ucla"),
        ("raw/pyskl/ntu_coco17.pkl", "raw pyskl"),
        ("rationales", "output of build_rationales"),
        ("negatives", "output of mine_negatives"),
        ("shards", "output of build_shards"),
    ],
)
def test_inspect_says_what_a_path_holds(
    path: str, said: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["inspect", str(root / path), "--rows", "3"]) == 0
    assert re.search(rf"{re.escape(path)}: {re.escape(said)}\n", capsys.readouterr().out)


def test_inspect_tells_why_a_file_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "S001C001P001R001A001.skeleton").touch()
    assert cli.main(["inspect", str(tmp_path)]) == 0
    assert "(empty)" in capsys.readouterr().out
    assert cli.main(["inspect", str(tmp_path / "nosuch")]) == 2
    assert "no such file or folder" in capsys.readouterr().err
