from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pytest

from schemas import SAMPLE
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.shards import read_index
from skeletonllm.shards.catalogue import Catalogue, open_catalogue
from skeletonllm.shards.index import write_index
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import write_json, write_table
from skeletonllm.views.asked_views import count_hidden
from skeletonllm.views.view import View
from tests.skeletonllm.shards.finished_folders import list_again
from tests.skeletonllm.small_folders import LABELS

VIEWS = [
    View(),
    View(labelled=False),
    View(labels=("wave", "drink")),
    View(unseen=("drink water",), subjects=("S0", "S2"), cameras=("C1",)),
]


def rewrite(release: Path, **columns: Any) -> None:
    """Put another index into a release, with a manifest that lists it."""
    index = read_index(str(release))
    for name, values in columns.items():
        at = index.schema.get_field_index(name)
        field = index.schema.field(at)
        index = index.set_column(at, field, pa.array(values, field.type))
    write_index(str(release / "index.parquet"), index)
    list_again(release)


def as_rows(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "position": int(catalogue.position[i]),
            "shard": catalogue.shards[catalogue.shard[i]],
            "offset": int(catalogue.offset[i]),
            "size": int(catalogue.size[i]),
            "bytes_hash": bytes(catalogue.bytes_hash[i]),
            "topology": catalogue.topology_of(i),
            "label": catalogue.label_of(i),
            "label_namespace": catalogue.label_namespace_of(i),
            "corpus": catalogue.corpus_of(i),
        }
        for i in range(len(catalogue))
    ]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", ["released", "built"])
def test_a_catalogue_has_the_rows_that_the_view_selects_of_the_index(
    view: View, kind: str, request: pytest.FixtureRequest
) -> None:
    folder = str(request.getfixturevalue(kind))
    catalogue, index = open_catalogue(folder, view), read_index(folder)
    rows = view.select(index)
    whole = rows.to_pylist()
    found = as_rows(catalogue)
    assert found == [{name: row[name] for name in found[0]} for row in whole]
    assert [catalogue.row(i) for i in range(len(catalogue))] == whole
    assert catalogue.classes() == view.candidates(rows)
    assert catalogue.hidden == count_hidden(index, rows)
    assert catalogue.identity == read_manifest(folder).identity
    assert catalogue.damaged_tars == {}
    assert all(Path(folder, path).stat().st_size == size for path, size in sizes(catalogue))


def sizes(catalogue: Catalogue) -> list[tuple[str, int]]:
    return list(zip(catalogue.tars, catalogue.tar_bytes.tolist(), strict=True))


def test_rows_without_a_label_are_counted_nowhere(own_release: Path) -> None:
    index = read_index(str(own_release))
    gone = np.arange(len(index)) % 3 == 0
    named = {n: index.column(n).to_pylist() for n in ("label", "label_id", "label_namespace")}
    rewrite(
        own_release,
        **{n: [None if g else v for v, g in zip(c, gone, strict=True)] for n, c in named.items()},
    )
    index = read_index(str(own_release))
    for view in (View(labelled=False), View(labelled=False, subjects=("S1",)), VIEWS[2]):
        catalogue, rows = open_catalogue(str(own_release), view), view.select(index)
        assert [catalogue.label_of(i) for i in range(len(catalogue))] == rows["label"].to_pylist()
        assert catalogue.hidden == count_hidden(index, rows)
        assert catalogue.classes() == view.candidates(rows)


def test_classes_stand_in_order_of_their_numbers(
    own_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_catalogue(str(own_release), View()).classes() == {"lab": LABELS}
    labels = read_index(str(own_release)).column("label").to_pylist()
    turned = {name: number for number, name in enumerate(LABELS[::-1])}
    monkeypatch.setattr("skeletonllm.shards.index.ROW_GROUP", 7)
    rewrite(own_release, label_id=[turned[name] for name in labels])
    view = View(unseen=("kick",))
    kept = tuple(name for name in LABELS[::-1] if name != "kick")
    assert open_catalogue(str(own_release), view).classes() == {"lab": kept}
    # A class that bears two numbers has the lower, wherever in the index it stands.
    numbers = [9 - i % 2 if name == "drink" else 8 for i, name in enumerate(labels)]
    rewrite(own_release, label_id=numbers)
    assert open_catalogue(str(own_release), view).classes() == {"lab": tuple(sorted(kept))}


def test_many_row_groups_are_one_index(own_release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = open_catalogue(str(own_release), VIEWS[3])
    rows = [one.row(i) for i in range(len(one))]
    monkeypatch.setattr("skeletonllm.shards.index.ROW_GROUP", 7)
    rewrite(own_release)
    many = open_catalogue(str(own_release), VIEWS[3])
    assert (len(one.groups), len(many.groups)) == (1, 8)
    assert as_rows(many) == as_rows(one)
    assert [many.row(i) for i in range(len(many))] == rows


def test_a_view_that_selects_nothing_is_told_what_there_is(released: Path) -> None:
    with pytest.raises(UsageError, match=r"no clip .* in the view; expected some of .*'S0'"):
        open_catalogue(str(released), View(subjects=("S9",)))


def test_a_catalogue_survives_pickling_without_what_it_had_read(released: Path) -> None:
    catalogue = open_catalogue(str(released), View())
    fresh = len(pickle.dumps(catalogue))
    row = catalogue.row(3)
    assert len(pickle.dumps(catalogue)) == fresh
    other = pickle.loads(pickle.dumps(catalogue))
    assert as_rows(other) == as_rows(catalogue)
    assert (other.row(3), other.identity) == (row, catalogue.identity)


def test_tars_that_are_gone_or_of_another_size_are_named(own_release: Path) -> None:
    gone, short = (own_release / "shards" / f"shard-00000{i}.tar" for i in (1, 4))
    gone.unlink()
    size = short.stat().st_size
    short.write_bytes(short.read_bytes()[:700])
    damaged = open_catalogue(str(own_release), View()).damaged_tars
    assert damaged == {
        gone.name: f"{gone}: this tar cannot be read (No such file or directory)",
        short.name: f"{short}: 700 bytes; expected {size}, as the manifest says",
    }


def test_a_release_far_away_is_read_and_its_tars_are_not_asked_for(released: Path) -> None:
    far = fsspec.filesystem("memory")
    far.put(f"{released}/", "/catalogue-test", recursive=True)
    here = open_catalogue(str(released), VIEWS[3])
    there = open_catalogue("memory://catalogue-test", VIEWS[3])
    assert as_rows(there) == as_rows(here)
    assert there.row(5) == here.row(5)
    assert there.damaged_tars is None
    content = bytearray(far.cat_file("/catalogue-test/index.parquet"))
    content[100] ^= 1
    far.pipe_file("/catalogue-test/index.parquet", bytes(content))
    with pytest.raises(ReleaseError, match=r"index\.parquet: .* bytes with sha256"):
        open_catalogue("memory://catalogue-test", View())


def test_an_index_that_changes_after_opening_gives_no_row_of_another(own_release: Path) -> None:
    catalogue = open_catalogue(str(own_release), View())
    index = own_release / "index.parquet"
    sizes = read_index(str(own_release)).column("size").to_pylist()
    rewrite(own_release, size=[size + 1 for size in sizes])
    with pytest.raises(ReleaseError, match=r"index\.parquet: the index has changed since"):
        catalogue.row(0)
    index.write_bytes(index.read_bytes()[:-40])
    with pytest.raises(ReleaseError, match=r"index\.parquet: the index has changed since"):
        catalogue.row(0)
    index.unlink()
    with pytest.raises(ReleaseError, match=r"index\.parquet: the index has gone since"):
        catalogue.row(0)


@pytest.mark.parametrize("kind", ["released", "built"])
def test_no_damage_to_the_index_or_the_skeletons_passes_in_silence(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = shutil.copytree(request.getfixturevalue(kind), tmp_path / "damaged")
    names = [path for path in read_manifest(str(folder)).files if not path.endswith(".tar")]
    read = [n for n in names if n.startswith("index") or n == "topologies.json"]
    rng = np.random.default_rng(13)
    for _ in range(300):
        path = folder / str(rng.choice(read))
        whole = path.read_bytes()
        damaged, at = bytearray(whole), int(rng.integers(len(whole)))
        damaged[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(whole[:at] if rng.random() < 0.2 else damaged)
        with pytest.raises(ReleaseError, match=f"{path.name}: .* bytes with sha256 .* expected"):
            open_catalogue(str(folder), View())
        path.write_bytes(whole)
    open_catalogue(str(folder), View())


def test_a_file_of_another_release_is_refused(own_release: Path, released: Path) -> None:
    sizes = read_index(str(own_release)).column("size").to_pylist()
    rewrite(own_release, size=[size - 1 for size in sizes])
    shutil.copy(released / "index.parquet", own_release)
    with pytest.raises(ReleaseError, match=r"index\.parquet: .*Copy this file again"):
        open_catalogue(str(own_release), View())
    (own_release / "index.parquet").unlink()
    with pytest.raises(ReleaseError, match=r"no such file, though the manifest lists it"):
        open_catalogue(str(own_release), View())


def test_an_index_that_disagrees_with_its_manifest_is_refused(own_release: Path) -> None:
    index = read_index(str(own_release))
    shards, offsets = (index.column(n).to_pylist() for n in ("shard", "offset"))
    other = ["shard-000009.tar" if s == "shard-000002.tar" else s for s in shards]
    rewrite(own_release, shard=other)
    with pytest.raises(ReleaseError, match=r"manifest does not list: shard-000009\.tar"):
        open_catalogue(str(own_release), View())
    rewrite(own_release, shard=["shard-000001.tar" if "2.tar" in s else s for s in shards])
    with pytest.raises(ReleaseError, match=r"index does not name: shard-000002\.tar"):
        open_catalogue(str(own_release), View())
    rewrite(own_release, shard=shards, offset=[o + 10**6 for o in offsets])
    with pytest.raises(ReleaseError, match=r"tar has \d+ bytes; expected at least 1\d+, which"):
        open_catalogue(str(own_release), View())
    write_index(str(own_release / "index.parquet"), index.slice(0, 49))
    list_again(own_release)
    with pytest.raises(ReleaseError, match="50 samples are stated; expected 49, the rows"):
        open_catalogue(str(own_release), View())


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("offset", -512, "lies before the start of its tar"),
        ("offset", 2**63 - 1, "lies before the start of its tar"),
        ("size", 0, "lies before the start of its tar"),
        ("position", 4, "positions of the index are not 0, 1, 2"),
        ("shard", None, "nulls in column 'shard'"),
        ("size", None, "nulls in column 'size'"),
        ("bytes_hash", None, "nulls in column 'bytes_hash'"),
    ],
)
def test_an_impossible_row_is_refused_though_its_hash_is_listed(
    own_release: Path, column: str, value: Any, said: str
) -> None:
    index = read_index(str(own_release))
    values = index.column(column).to_pylist()
    values[3] = value
    at = index.schema.get_field_index(column)
    loose = index.set_column(at, column, pa.array(values, index.schema.field(at).type))
    write_table(str(own_release / "index.parquet"), loose)
    list_again(own_release)
    with pytest.raises(ReleaseError, match=f"{said}|expected at least"):
        open_catalogue(str(own_release), View())


def test_an_index_of_another_major_version_or_form_is_refused(own_release: Path) -> None:
    index = read_index(str(own_release))
    stated = index.schema.metadata | {b"skeletonllm.schema_version": b"4.0.0"}
    path = str(own_release / "index.parquet")
    for table, said in (
        (index.replace_schema_metadata(stated), "written in version 4.0.0 of the table 'sample'"),
        (index.drop_columns(["size"]), r"sample: missing columns \['size'\]"),
        (index.set_column(4, "offset", pa.array(["0"] * 50)), "offset: type string; expected int"),
    ):
        write_table(path, table)
        list_again(own_release)
        with pytest.raises(SchemaError, match=said):
            open_catalogue(str(own_release), View())
    write_table(path, pa.Table.from_pylist([], SAMPLE.arrow))
    Path(path).write_bytes(b"PAR1 and nothing that follows")
    list_again(own_release)
    with pytest.raises(ReleaseError, match=r"index\.parquet: not a parquet file"):
        open_catalogue(str(own_release), View())


def test_a_manifest_without_an_index_is_refused(own_release: Path) -> None:
    (own_release / "index.parquet").unlink()
    list_again(own_release)
    with pytest.raises(ReleaseError, match="own: no index"):
        open_catalogue(str(own_release), View())


def test_a_folder_whose_manifest_lists_nothing_is_read_and_said_to_be_unchecked(
    built: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = shutil.copytree(built, tmp_path / "shards")
    write_json(f"{folder}/manifest.json", {"stage": "build_shards"})
    catalogue = open_catalogue(str(folder), View())
    assert "lists no files: nothing in its folder is checked" in caplog.text
    assert (len(catalogue), set(catalogue.tar_bytes.tolist())) == (50, {-1})
    assert catalogue.damaged_tars == {}
    assert all((folder / path).exists() for path in catalogue.tars)
