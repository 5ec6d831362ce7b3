"""One clip never ends a stage: what no stage can work on is a row, and all others go on."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pipelines import negatives, quality, rationales, shards
from pipelines.gather import gather_tars
from pipelines.negatives import NegativesConfig, mine_negatives
from pipelines.normalize import NormalizeConfig, normalize_unit
from pipelines.quality import QualityConfig, check_quality
from pipelines.rationales import RationalesConfig, build_rationales
from pipelines.shards import ShardsConfig, build_shards
from schemas import QUALITY, REJECT, SAMPLE
from skeletonllm.clip import Clip
from skeletonllm.clip_folders import clip_units
from skeletonllm.corpora import Source
from skeletonllm.negatives.embeddings import TFIDF
from skeletonllm.normalize import normalize
from skeletonllm.rationales import KinematicTeacher
from skeletonllm.release import cut_release, verify_release
from skeletonllm.shards import read_index
from skeletonllm.storage import Plan, Unit, iter_tables, join, read_json, read_table
from skeletonllm.stream.stream import Stream
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.processes import read_folder
from skeletonllm.views.view import EVERY_CLIP, View
from tests.pipelines.strange import (
    BROKEN,
    NOBODY,
    make_clip,
    strange_motions,
    write_strange_clips,
)

KINDS = [f"lab/{name}" for name in strange_motions()]
SOUND = ["lab/throw_0", "lab/throw_1", "lab/wave_0", "lab/wave_1"]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_strange_clips(tmp_path_factory.mktemp("strange") / "clips")


Built = dict[str, Path]


def build(clips: str, root: Path) -> Built:
    """Every stage over the same clips, and a release of them."""
    out = {name: root / name for name in ("quality", "rationales", "negatives", "shards")}
    check_quality(QualityConfig((clips,), str(out["quality"])))
    build_rationales(RationalesConfig((clips,), str(out["rationales"]), variants=2))
    mine_negatives(NegativesConfig((clips,), str(out["negatives"])))
    inputs = {name: str(out[name]) for name in ("rationales", "negatives")}
    build_shards(ShardsConfig(clips=(clips,), output=str(out["shards"]), **inputs))
    release = cut_release(
        str(root / "releases"),
        "lab",
        "1.0.0",
        shards_dir=str(out["shards"]),
        clips_dirs=[clips],
        **{f"{name}_dir": path for name, path in inputs.items()},
        code="test",
    )
    return {**out, "release": Path(release)}


@pytest.fixture(scope="module")
def built(clips: str, local_ray: None, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(clips, tmp_path_factory.mktemp("built"))


def rejects(folder: Path) -> dict[str, tuple[str, str]]:
    """Clip -> (code, message) of the rejects of a stage."""
    tables = [table for _, table in iter_tables(join(str(folder), "rejects"))]
    assert [fault for table in tables for fault in REJECT.faults(table)] == []
    rows = [row for table in tables for row in table.to_pylist()]
    return {row["message"].partition(": ")[0]: (row["code"], row["message"]) for row in rows}


def counts(folder: Path) -> dict[str, int]:
    found: dict[str, int] = read_json(str(folder / "manifest.json"))["counts"]
    return found


pytestmark = pytest.mark.ray


def test_quality_has_a_row_for_every_clip_and_a_page_with_pictures(built: Built) -> None:
    table = read_table(str(built["quality"] / "measurements.parquet"))
    assert QUALITY.faults(table) == []
    rows = {row["clip_id"]: row for row in table.to_pylist()}
    assert sorted(rows) == sorted([*KINDS, *SOUND])
    assert not any(row["unmeasured"] for row in rows.values())
    assert rows["lab/no_bones"]["drift"] is None
    assert rows["lab/one_frame"]["jumps"] is None
    assert "empty" in rows["lab/nobody"]["faults"]
    ((name, (code, message)),) = rejects(built["quality"]).items()
    assert (name, code) == (BROKEN, "format")
    assert "confidence outside 0..1" in message
    assert counts(built["quality"])["rejects"] == 1
    page = (built["quality"] / "report.html").read_text()
    assert re.search("<b>lab/one_joint</b>.*</figcaption><img", page)
    assert "confidence outside 0..1" in page
    assert "No picture" not in page.replace("No picture: nobody is seen in these frames", "")


def test_rationales_negatives_and_shards_leave_out_what_is_no_clip(built: Built) -> None:
    told = [t for _, t in iter_tables(join(str(built["rationales"]), "parts"))]
    explained = Counter(name for t in told for name in t.column("clip_id").to_pylist())
    assert explained == dict.fromkeys([*KINDS, *SOUND], 2)
    described = [t for _, t in iter_tables(join(str(built["negatives"]), "descriptors"))]
    assert sum(map(len, described)) == len(explained)
    for stage in ("rationales", "negatives"):
        assert {name: code for name, (code, _) in rejects(built[stage]).items()} == {
            BROKEN: "format"
        }
        assert counts(built[stage])["rejects"] == 1
    left_out = {name: code for name, (code, _) in rejects(built["shards"]).items()}
    assert left_out == {BROKEN: "format"} | dict.fromkeys(NOBODY, "no_body")
    assert counts(built["shards"])["rejects"] == 4


def test_a_release_holds_the_others_without_a_gap(built: Built) -> None:
    index = read_index(str(built["shards"]))
    assert SAMPLE.faults(index) == []
    inside = index.column("clip_id").to_pylist()
    assert sorted(inside) == sorted({*KINDS, *SOUND} - set(NOBODY))
    assert verify_release(str(built["release"])) == []
    numbers = read_json(str(built["release"] / "statistics.json"))
    assert numbers["clips"] == len(inside)
    assert numbers["rejects"]["build_shards: no_body"] == 3
    explained = read_table(str(built["release"] / "rationales.parquet"))
    assert set(explained.column("clip_id").to_pylist()) == set(inside)
    stream = Stream(str(built["release"]), View(), batch_size=len(inside))
    assert [sample.weight for sample in next(iter(stream))] == [1.0] * len(inside)
    assert stream.damage.found == {}


def test_the_same_bytes_again(clips: str, built: Built, tmp_path: Path) -> None:
    again = build(clips, tmp_path)
    for name, folder in built.items():
        assert read_folder(again[name]) == read_folder(folder), name


def explode(bad: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """``real``, but for one clip, at which it trips over an error that nobody foresaw."""

    def run(*args: Any, **more: Any) -> Any:
        if any(isinstance(value, Clip) and value.clip_id == bad for value in args):
            raise KeyError("head.top")
        return real(*args, **more)

    return run


def first_sound_unit(clips: str) -> Unit:
    """The part that holds four sound clips."""
    return clip_units([clips])[1]


def test_an_error_of_one_rationale(
    clips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        KinematicTeacher, "rationales", explode("lab/wave_1", KinematicTeacher.rationales)
    )
    with caplog.at_level(logging.WARNING):
        config = RationalesConfig((clips,), str(tmp_path), variants=2)
        rationales.explain_unit(first_sound_unit(clips), config=config)
    assert rejects(tmp_path) == {"lab/wave_1": ("internal", "lab/wave_1: KeyError: 'head.top'")}
    assert len(caplog.records) == 1
    (table,) = (t for _, t in iter_tables(join(str(tmp_path), "parts")))
    assert set(table.column("clip_id").to_pylist()) == set(SOUND) - {"lab/wave_1"}


def test_a_rationale_that_breaks_the_schema(
    clips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = KinematicTeacher.rationales

    def odd(self: KinematicTeacher, clip: Clip, variants: Sequence[int]) -> Any:
        made = [*real(self, clip, variants)]
        if clip.clip_id == "lab/wave_1":
            object.__setattr__(made[0], "status", "odd")
        return made

    monkeypatch.setattr(KinematicTeacher, "rationales", odd)
    config = RationalesConfig((clips,), str(tmp_path))
    rationales.explain_unit(first_sound_unit(clips), config=config)
    ((name, (code, message)),) = rejects(tmp_path).items()
    assert (name, code) == ("lab/wave_1", "format")
    assert "'odd' fails" in message


def count_pairs(folder: Path) -> int:
    """How many pairs of classes are ranked from the descriptors that were written."""
    nothing = negatives.Outside({}, {}, {})
    mined = negatives.rank_classes(str(folder), (EVERY_CLIP,), nothing, TFIDF)
    return sum(len(one.ranking) for one in mined)


def test_an_error_of_one_descriptor(
    clips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit, calls = first_sound_unit(clips), iter(range(99))
    real = negatives.compute_descriptor

    def second_fails(motion: Any) -> Any:
        if next(calls) == 1:
            raise IndexError("too far")
        return real(motion)

    monkeypatch.setattr(negatives, "compute_descriptor", second_fails)
    negatives.describe_unit(unit, output=str(tmp_path))
    assert rejects(tmp_path) == {"lab/wave_1": ("internal", "lab/wave_1: IndexError: too far")}
    assert count_pairs(tmp_path) == 2


def test_a_label_that_its_closed_namespace_does_not_have(
    clips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(negatives, "list_class_names", lambda _: ("throw", "kick"))
    negatives.describe_unit(first_sound_unit(clips), output=str(tmp_path))
    assert {code for code, _ in rejects(tmp_path).values()} == {"unknown_label"}
    assert set(rejects(tmp_path)) == {"lab/wave_0", "lab/wave_1"}
    assert count_pairs(tmp_path) == 2


def test_an_error_of_one_sample_leaves_no_gap_in_the_index(
    clips: str, local_ray: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "encode", explode("lab/wave_0", shards.encode))
    config = ShardsConfig(clips=(clips,), output=str(tmp_path))
    plan = Plan("build_shards", "test", {}, clip_units([clips]))
    for unit in plan.units:
        shards.pack_unit(unit, config=config)
    gather_tars(config.output, plan, None)
    found = shards._count(str(tmp_path))
    assert found["rejects"] == 1 + 4
    index = read_index(str(tmp_path))
    assert len(index) == found["samples"]
    assert "lab/wave_0" not in index.column("clip_id").to_pylist()


def test_an_error_of_one_measurement_is_a_fault_that_says_so(
    clips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(track: Any) -> None:
        if track.topology.name == "one_joint":
            raise ZeroDivisionError("by zero")

    monkeypatch.setattr(import_module("skeletonllm.quality.measurement"), "measure_bone_drift", odd)
    units = clip_units([clips])
    for unit in units:
        quality.measure_unit(unit, output=str(tmp_path))
    config = QualityConfig((clips,), str(tmp_path))
    found = quality._sum_up(config, units)
    assert found["unmeasured"] == 2
    rows = read_table(str(tmp_path / "measurements.parquet")).to_pylist()
    (row,) = (row for row in rows if row["clip_id"] == "lab/one_joint")
    assert row["unmeasured"] == "ZeroDivisionError: by zero"
    assert "unmeasured" in row["faults"]
    assert row["swapped_frames"] == 0
    assert "not measured: ZeroDivisionError: by zero" in (tmp_path / "report.html").read_text()


def test_a_measurement_that_breaks_the_schema_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    real = quality.measure_clip

    def odd(clip: Clip) -> Any:
        row, mark = real(clip)
        return ({**row, "outside": 7.0} if clip.clip_id == "lab/b" else row), mark

    monkeypatch.setattr(quality, "measure_clip", odd)
    wave = synthesize("hand waving", fps=10)
    table = quality.measure_all([make_clip("a", wave), make_clip("b", wave)])
    assert QUALITY.faults(table.drop_columns(["fingerprint"])) == []
    first, second = table.to_pylist()
    assert first["unmeasured"] is None
    assert "quality.outside: '7.0' fails" in second["unmeasured"]
    assert (second["frames"], second["heights"]) == (first["frames"], [])


class OddReader:
    """Four clips of one file: two sound, one that normalization trips over, one no table takes."""

    name, licence = "odd", "cc0-1.0"
    label_names: ClassVar[dict[str, tuple[str, ...]]] = {"lab": ()}

    def sources(self, root: str) -> list[Source]:
        return [Source(f"{root}/a", "a", 1)]

    def read(self, source: Source) -> Iterator[Clip]:
        for name in ("a", "trips", "breaks", "b"):
            clip = make_clip(name, synthesize("throw", fps=10))
            yield replace(clip, source_uri=source.uri)


def test_an_error_of_one_clip_in_normalization(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(clip: Clip, profile: str) -> Clip:
        if clip.clip_id == "lab/breaks":
            return replace(normalize(clip, profile), source_sha256="?")
        return explode("lab/trips", normalize)(clip, profile)

    monkeypatch.setattr("pipelines.normalize.normalize", odd)
    config = NormalizeConfig(f"{__name__}:OddReader", str(tmp_path / "raw"), str(tmp_path / "out"))
    sources = OddReader().sources(config.input)
    unit = Unit(0, tuple(source.uri for source in sources))
    normalize_unit(unit, sources, config=config, licence="cc0-1.0")
    found = rejects(tmp_path / "out")
    assert found["lab/trips"] == ("internal", "lab/trips: KeyError: 'head.top'")
    code, message = found["lab/breaks"]
    assert code == "format"
    assert "clip.source_sha256: '?' fails" in message
    (table,) = (t for _, t in iter_tables(join(config.output, "parts")))
    assert table.column("clip_id").to_pylist() == ["lab/a", "lab/b"]
