from __future__ import annotations

import pickle
import shutil
import zlib
from pathlib import Path

import pytest

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.publishing.recipe import inspect_recipe, make_recipe, origins, rebuild_release
from skeletonllm.publishing.recipe.tars import rebuild_tar
from skeletonllm.release import inspect_release
from skeletonllm.shards import read_index, read_sample
from skeletonllm.storage import hold_lock, read_json, read_table, sha256_of
from skeletonllm.testing.processes import read_folder
from tests.skeletonllm.publishing.conftest import Made, write_road
from tests.skeletonllm.publishing.recipe.test_checking import edit_json, forge_joints, reseal
from tests.skeletonllm.release.verify.forge import readmit


def move_raw(made: Made, folder: Path) -> dict[str, str]:
    """A copy of all raw files elsewhere."""
    return {
        corpus: str(shutil.copytree(place, folder / corpus)) for corpus, place in made.raw.items()
    }


def name_all(raw: dict[str, str]) -> list[str]:
    return [f"{corpus}={place}" for corpus, place in raw.items()]


def test_the_raw_files_elsewhere_give_the_release_byte_for_byte(made: Made, tmp_path: Path) -> None:
    raw = move_raw(made, tmp_path / "mine")
    done = rebuild_release(str(made.recipe), name_all(raw), str(tmp_path / "out"))
    assert (done.same, done.rejects, done.remarks, done.table) == (True, (), (), None)
    assert done.folder == str(tmp_path / "out" / "lab" / "1.0.0")
    assert read_folder(Path(done.folder)) == read_folder(made.release)
    assert inspect_release(done.folder).faults == ()
    assert done.samples == len(read_index(str(made.release)))


def test_a_folder_above_all_corpora_is_enough(made: Made, tmp_path: Path) -> None:
    above = str(Path(made.raw["ntu_rgbd"]).parent)
    given = [f"{corpus}={above}" for corpus in made.raw]
    done = rebuild_release(str(made.recipe), given, str(tmp_path))
    assert done.same


def test_what_was_stopped_goes_on_and_makes_no_tar_twice(made: Made, tmp_path: Path) -> None:
    def stop(work, tasks):
        yield work(tasks[0])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_release(str(made.recipe), made.corpora, str(tmp_path), stop)
    (first,) = (tmp_path / "lab" / "1.0.0").rglob("*.tar")
    before = first.stat()

    def watch(work, tasks):
        assert first.stat().st_mtime_ns == before.st_mtime_ns
        return map(work, tasks)

    done = rebuild_release(str(made.recipe), made.corpora, str(tmp_path), watch)
    assert done.same
    assert first.stat().st_mtime_ns == before.st_mtime_ns
    assert first.stat().st_ino == before.st_ino
    assert rebuild_release(str(made.recipe), made.corpora, str(tmp_path)).same


def test_a_missing_a_changed_and_a_broken_file_are_rows_and_no_release(
    made: Made, tmp_path: Path
) -> None:
    raw = move_raw(made, tmp_path / "mine")
    gone, other, broken = sorted(Path(raw["ntu_rgbd"]).iterdir())[:3]
    gone.unlink()
    shutil.copy(sorted(Path(raw["ntu_rgbd"]).iterdir())[-1], other)
    broken.write_text("9\n")
    done = rebuild_release(str(made.recipe), name_all(raw), str(tmp_path / "out"))
    assert not done.same
    said = {r.source_uri: r.message for r in done.rejects}
    assert set(said) == {f"ntu_rgbd/{path.name}" for path in (gone, other, broken)}
    assert "no file ntu_rgbd/" in said[f"ntu_rgbd/{gone.name}"]
    assert "the raw file is another one than was read" in said[f"ntu_rgbd/{other.name}"]
    assert (
        "the reader makes no such clip of the file; it rejected:" in said[f"ntu_rgbd/{broken.name}"]
    )
    assert not Path(done.folder, "manifest.json").exists()
    assert done.table is not None
    assert len(read_table(done.table)) == 3
    again = rebuild_release(str(made.recipe), made.corpora, str(tmp_path / "out"))
    assert again.same


def test_files_that_were_put_right_are_seen_and_what_was_refused_is_told_no_more(
    made: Made, tmp_path: Path
) -> None:
    raw = move_raw(made, tmp_path / "mine")
    gone = min(Path(raw["ntu_rgbd"]).iterdir())
    data = gone.read_bytes()
    gone.unlink()
    done = rebuild_release(str(made.recipe), name_all(raw), str(tmp_path / "out"))
    assert [reject.source_uri for reject in done.rejects] == [f"ntu_rgbd/{gone.name}"]
    assert done.table is not None
    table = Path(done.table)
    rows = table.read_bytes()
    gone.write_bytes(data)
    again = rebuild_release(str(made.recipe), name_all(raw), str(tmp_path / "out"))
    assert (again.same, again.rejects, again.table) == (True, (), None)
    assert [path.name for path in table.parent.iterdir() if path.suffix == ".parquet"] == []
    table.write_bytes(rows)  # as a run that was killed before it removed it
    assert rebuild_release(str(made.recipe), name_all(raw), str(tmp_path / "out")).same
    assert not table.exists()


def test_a_worker_may_be_in_another_folder(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_raw(made, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)

    def run_elsewhere(work, tasks):
        sent = pickle.dumps(list(tasks))
        origins._list_sources.cache_clear()
        monkeypatch.chdir("/")
        return map(work, pickle.loads(sent))

    given = name_all({corpus: f"mine/{corpus}" for corpus in made.raw})
    assert rebuild_release(str(made.recipe), given, str(tmp_path / "out"), run_elsewhere).same


def test_what_was_lost_of_a_rebuilt_release_is_made_again(made: Made, tmp_path: Path) -> None:
    folder = Path(rebuild_release(str(made.recipe), made.corpora, str(tmp_path)).folder)
    tar = min((folder / "shards").iterdir())
    tar.unlink()
    index = (folder / "index.parquet").read_bytes()
    (folder / "index.parquet").write_bytes(index[:100])
    with pytest.raises(UsageError, match="nosuch"):  # what is wrong elsewhere leaves all as it is
        rebuild_release(str(made.recipe), ["nosuch=x"], str(tmp_path))
    assert (folder / "manifest.json").exists()
    done = rebuild_release(str(made.recipe), made.corpora, str(tmp_path))
    assert done.same
    assert read_folder(folder) == read_folder(made.release)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(ReleaseError, match="files that are none of this release: mine.txt"):
        rebuild_release(str(made.recipe), made.corpora, str(tmp_path))


def test_a_release_is_not_rebuilt_into_another(made: Made, tmp_path: Path) -> None:
    recipe = Path(shutil.copytree(made.recipe, tmp_path / "recipe"))
    with pytest.raises(UsageError, match="nothing is written into it"):
        rebuild_release(str(recipe), made.corpora, str(recipe / "mine"))
    assert read_folder(recipe) == read_folder(made.recipe)


def test_another_zlib_gives_the_same_motions_in_other_bytes_and_says_so(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deflate = zlib.compressobj
    monkeypatch.setattr(zlib, "compressobj", lambda *_: deflate(1, zlib.DEFLATED, -15))
    monkeypatch.setattr(
        "skeletonllm.publishing.recipe.rebuilding.name_packers",
        lambda: {"python": "3.99", "numpy": "9.0", "zlib": "0.1"},
    )
    done = rebuild_release(str(made.recipe), made.corpora, str(tmp_path))
    monkeypatch.undo()
    assert (done.same, done.rejects) == (False, ())
    (said,) = done.remarks
    assert said.startswith("packed by python ")
    assert "3.99 now" in said
    assert inspect_release(done.folder).faults == ()
    ours, theirs = (read_index(folder) for folder in (done.folder, str(made.release)))
    assert ours.column("content_hash").equals(theirs.column("content_hash"))
    assert not ours.column("bytes_hash").equals(theirs.column("bytes_hash"))
    for one, other in zip(ours.to_pylist(), theirs.to_pylist(), strict=True):
        sample = read_sample(done.folder, one)
        assert sample.motion.sha256 == read_sample(str(made.release), other).motion.sha256
    manifest = read_json(f"{done.folder}/manifest.json")
    assert manifest["rebuilt_of"] == sha256_of(str(made.release / "manifest.json"))[0]
    again = rebuild_release(str(made.recipe), made.corpora, str(tmp_path))
    assert (again.same, again.remarks) == (False, ("it was rebuilt before, and is left as it is",))


def test_a_report_of_other_tars_names_the_same_leaks(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = {"ntu_rgbd": move_raw(made, tmp_path / "mine")["ntu_rgbd"]}
    first, second, *others = sorted(Path(raw["ntu_rgbd"]).iterdir())
    shutil.copy(first, second)
    for path in others[2:]:
        path.unlink()
    release = write_road(tmp_path, raw)
    (leak,) = inspect_release(release).findings
    assert "the motion of another clip" in leak
    recipe = make_recipe(release, str(tmp_path / "recipes"))
    deflate = zlib.compressobj
    monkeypatch.setattr(zlib, "compressobj", lambda *_: deflate(1, zlib.DEFLATED, -15))
    done = rebuild_release(recipe, name_all(raw), str(tmp_path / "rebuilt"))
    monkeypatch.undo()
    assert (done.same, done.rejects) == (False, ())
    assert inspect_release(done.folder).findings == (leak,)
    told = "the motion of another clip"
    assert told in Path(release, "report.html").read_text()
    assert told in Path(done.folder, "report.html").read_text()


def test_a_file_that_only_looks_different_is_told(made: Made, tmp_path: Path) -> None:
    raw = move_raw(made, tmp_path / "mine")
    first = min(Path(raw["ntu_rgbd"]).iterdir())
    first.write_bytes(first.read_bytes() + b"\n")
    done = rebuild_release(str(made.recipe), name_all(raw), str(tmp_path / "out"))
    assert done.same
    (said,) = done.remarks
    assert said.startswith("1 raw files are others than were read then")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda given: given[1:],
            "no folder of the raw files of ntu_rgbd. Add --corpus ntu_rgbd=FOLDER",
        ),
        (
            lambda given: [*given, "sbu_kinect=x"],
            "--corpus for sbu_kinect, of which the recipe has",
        ),
        (lambda given: [*given, "ntu_rgbd"], "--corpus 'ntu_rgbd'; expected NAME=FOLDER"),
        (lambda given: [*given, "nosuch=x"], "unknown corpus 'nosuch'"),
    ],
)
def test_corpora_are_named_once_each(made: Made, tmp_path: Path, change, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rebuild_release(str(made.recipe), change(made.corpora), str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_second_folder_may_have_what_the_first_has_not(made: Made, tmp_path: Path) -> None:
    raw = move_raw(made, tmp_path / "mine")
    other = tmp_path / "other" / "ntu_rgbd"
    other.mkdir(parents=True)
    moved = min(Path(raw["ntu_rgbd"]).iterdir())
    moved.rename(other / moved.name)
    empty = tmp_path / "empty"
    empty.mkdir()
    more = [f"ntu_rgbd={folder}" for folder in (other, empty)]
    assert rebuild_release(str(made.recipe), [*name_all(raw), *more], str(tmp_path / "out")).same


def test_a_folder_of_nothing_is_one_sentence(made: Made, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    given = [f"{name}={empty if name == 'nw_ucla' else place}" for name, place in made.raw.items()]
    with pytest.raises(UsageError, match="no .json file"):
        rebuild_release(str(made.recipe), given, str(tmp_path / "out"))
    assert not list((tmp_path / "out").rglob("*.tar"))


def test_a_damaged_recipe_is_refused(made: Made, recipe: Path, tmp_path: Path) -> None:
    (recipe / "licences.json").write_text("{}")
    with pytest.raises(ReleaseError, match="licences.json: 2 bytes; the manifest says"):
        rebuild_release(str(recipe), made.corpora, str(tmp_path / "out"))


def test_no_one_rebuilds_what_another_cuts_or_publishes(made: Made, tmp_path: Path) -> None:
    with (
        hold_lock(str(tmp_path / "lab"), "1.0.0"),
        pytest.raises(UsageError, match="another job is at work on this folder"),
    ):
        rebuild_release(str(made.recipe), made.corpora, str(tmp_path))


def test_what_lies_there_is_not_overwritten(made: Made, tmp_path: Path) -> None:
    target = tmp_path / "lab" / "1.0.0"
    target.mkdir(parents=True)
    (target / "mine.txt").write_text("mine")
    with pytest.raises(ReleaseError, match="files that are none of this release: mine.txt"):
        rebuild_release(str(made.recipe), made.corpora, str(tmp_path))
    (target / "mine.txt").unlink()
    manifest = read_json(str(made.release / "manifest.json"))
    (target / "manifest.json").write_text(str(manifest).replace("'", '"').replace("None", "null"))
    with pytest.raises(ReleaseError, match="another release of this name and version is here"):
        rebuild_release(str(made.recipe), made.corpora, str(tmp_path))


def test_a_tar_is_a_function_of_its_task(made: Made, tmp_path: Path) -> None:
    found = []

    def keep(work, tasks):
        assert work is rebuild_tar
        found.extend(tasks)
        return map(work, tasks)

    rebuild_release(str(made.recipe), made.corpora, str(tmp_path), keep)
    assert len(found) == len(list((made.release / "shards").iterdir()))
    report = rebuild_tar(found[0])
    assert (report.same, report.rejects, report.places) == (True, (), None)


def test_a_report_with_pictures_is_told_apart_from_other_tars(made: Made, tmp_path: Path) -> None:
    """No recipe has pictures: the report is drawn without, and the tars are what they were."""
    copy = Path(shutil.copytree(made.release, tmp_path / "release"))
    (copy / "report.html").write_text("<!doctype html><title>with pictures</title>")
    readmit(copy, "report.html")
    recipe = make_recipe(str(copy), str(tmp_path / "recipes"))
    done = rebuild_release(recipe, made.corpora, str(tmp_path / "rebuilt"))
    assert (done.same, done.rejects) == (False, ())
    assert done.remarks == (
        "all tars are the same bytes; report.html was drawn otherwise, or with pictures",
    )
    assert inspect_release(done.folder).faults == ()


def test_a_recipe_that_is_not_true_gives_no_release(
    made: Made, recipe: Path, tmp_path: Path
) -> None:
    """``verify`` of a recipe cannot know how many joints were seen; who has the files can."""
    edit_json(recipe, "statistics.json", forge_joints)
    reseal(recipe)
    assert inspect_recipe(str(recipe)).faults == ()
    said = (
        r"what was rebuilt is not what the recipe says: statistics\.json: missing_joints\..*0\.77"
    )
    with pytest.raises(ReleaseError, match=said):
        rebuild_release(str(recipe), made.corpora, str(tmp_path / "out"))
    assert not (tmp_path / "out" / "lab" / "1.0.0" / "manifest.json").exists()
    done = rebuild_release(str(made.recipe), made.corpora, str(tmp_path / "out"))
    assert done.same
