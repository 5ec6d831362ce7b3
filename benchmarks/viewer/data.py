"""What a page of clips weighs, how long it takes to make, and how fast a million rows are filtered.

    python -m benchmarks.viewer.data --release demo/releases/demo/0.1.0
    python -m benchmarks.viewer.data --release R --clips 100 1000 --rows 0      # pages alone

Each page is of a release whose samples are those of the one given, again and again under new
names, with their rationales: nothing in deflate's window repeats. Filters are those of the server,
over rows that are drawn from the same release at random; seconds of this process alone stand beside
those of the clock, since others work on the machine too. DuckDB over a Parquet file of the same
rows is asked the same.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tyro

from benchmarks.table import publish_table
from skeletonllm.shards import encode, read_index, read_sample, write_shard
from skeletonllm.shards.index import write_index
from skeletonllm.storage import read_json, write_json
from skeletonllm.viewer.columns import COLUMNS, Category, Column, Numbers, Rows, Texts, WordSets
from skeletonllm.viewer.embedded import write_blocks
from skeletonllm.viewer.pack import pack_motion
from skeletonllm.viewer.page import load_bundle, make_bottom, make_top
from skeletonllm.viewer.served.finder import Finder
from skeletonllm.viewer.served.query import Query
from skeletonllm.viewer.served.words import WordIndex, index_words, split_words

PER_TAR = 500
TABLES = ("licences.json", "topologies.json", "negatives.parquet", "statistics.json")
QUERIES = {
    "everything": Query(),
    "a class": Query(where={"label": ("throw",)}),
    "a class and a flag": Query(where={"label": ("throw",), "flags": ("fps_assumed",)}),
    "a range": Query(within={"seconds": (2.0, 3.0)}),
    "a range, sorted": Query(within={"seconds": (2.0, 3.0)}, sort="observed", down=True),
    "two words": Query(text="left hand"),
    "a word as it is typed": Query(text="sh"),
    "four words": Query(text="left hand raises shoulder"),
    "words, class, range, sorted": Query(
        text="hand lowers", where={"label": ("throw",)}, within={"seconds": (2, 3)}, sort="seconds"
    ),
    "sorted by id, far down": Query(sort="clip_id", offset=900_000),
}


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    release: str
    """A release with rationales."""
    clips: tuple[int, ...] = (100, 1_000, 10_000)
    """Clips of pages."""
    rows: int = 1_000_000
    """Rows that are filtered; 0 for none."""
    runs: int = 5
    """Of each filter."""
    json: str | None = None
    """File for the table of pages; that of filters has `.rows` behind its name."""


def main(flags: Flags) -> None:
    publish_table("pages", [measure_page(flags.release, n) for n in flags.clips], flags.json)
    if flags.rows:
        file = None if flags.json is None else f"{flags.json}.rows"
        publish_table(f"filters of {flags.rows:,} rows", measure_filters(flags), file)


def measure_page(release: str, clips: int) -> dict[str, Any]:
    """Size of a page by what is in it, and what it took."""
    with tempfile.TemporaryDirectory() as folder:
        repeat_release(release, folder, clips)
        index = read_index(folder).to_pylist()[:200]
        motions = [read_sample(folder, row).motion for row in index]
        began = time.process_time()
        packed = [pack_motion(motion) for motion in motions]
        packing = (time.process_time() - began) / len(packed)
        sizes = dict.fromkeys(("rows", "texts", "motions"), 0)

        def write(name: str, block: bytes) -> None:
            sizes[name.partition("-")[0]] += -(-len(block) // 3) * 4

        began, clock = time.process_time(), time.perf_counter()
        head = write_blocks(write, folder, read_json(f"{release}/manifest.json"))
        took = time.process_time() - began, time.perf_counter() - clock
        bundle = load_bundle()
        rest = len(make_top("", [], bundle, served=False) + make_bottom(head, bundle))
    return {
        "clips": clips,
        "MB": round((sum(sizes.values()) + rest) / 1e6, 2),
        **{f"{name} MB": round(size / 1e6, 2) for name, size in sizes.items()},
        "motion, kB a clip": round(sizes["motions"] * 0.75 / clips / 1e3, 2),
        "packing, ms a clip": round(packing * 1e3, 3),
        "page, s of a core": round(took[0], 1),
        "by the clock": round(took[1], 1),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def repeat_release(release: str, folder: str, clips: int) -> None:
    """Write a release whose samples are those of another one, again and again; no manifest."""
    for name in TABLES:
        Path(folder, name).write_bytes(Path(release, name).read_bytes())
    numbers = read_json(f"{release}/statistics.json") | {"clips": clips}
    write_json(f"{folder}/statistics.json", numbers)
    tables, samples = [], _repeat(release, clips)
    for number, start in enumerate(range(0, clips, PER_TAR)):
        here = [next(samples) for _ in range(min(PER_TAR, clips - start))]
        url = f"{folder}/shards/shard-{number:06d}.tar"
        tables.append(write_shard(url, here, start=start))
    write_index(f"{folder}/index.parquet", pa.concat_tables(tables))
    told = pq.read_table(f"{release}/rationales.parquet")
    pq.write_table(told.slice(0, 0), f"{folder}/rationales.parquet")


def _repeat(release: str, clips: int) -> Iterator[dict[str, bytes]]:
    index = read_index(release).to_pylist()
    for number in range(clips):
        round_, row = divmod(number, len(index))
        sample = read_sample(release, index[row])
        named = replace(sample.clip, clip_id=f"{sample.clip.clip_id}-{round_}")
        yield encode(named, sample.rationales)


def measure_filters(flags: Flags) -> list[dict[str, Any]]:
    """Milliseconds of each filter: ours, and DuckDB's where it answers the same."""
    rows, words, drawn, texts = draw_rows(flags.release, flags.rows)
    finder = Finder(rows, words)
    finder.prepare()
    with tempfile.TemporaryDirectory() as folder:
        rival = DuckTable(folder, rows, drawn, texts)
        table = []
        for name, query in QUERIES.items():
            ours = [_time(lambda query=query: finder.find(query)) for _ in range(flags.runs)]
            theirs = [_time(lambda query=query: rival.find(query)) for _ in range(flags.runs)]
            found = finder.find(query).total
            assert query.text or found == rival.find(query), name
            table.append(
                {
                    "filter": name,
                    "found": found,
                    "ms of a core": _middle(ours, 0),
                    "by the clock": _middle(ours, 1),
                    "DuckDB, ms of cores": _middle(theirs, 0),
                    "DuckDB, by the clock": _middle(theirs, 1),
                }
            )
    return table


def _time(call: Callable[[], Any]) -> tuple[float, float]:
    core, clock = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - core, time.perf_counter() - clock


def _middle(times: list[tuple[float, float]], place: int) -> int:
    return round(1e3 * float(np.median([run[place] for run in times])))


def draw_rows(release: str, count: int) -> tuple[Rows, WordIndex, np.ndarray, list[str]]:
    """Rows drawn from a release at random, their words, which clip each is, and its text."""
    found: dict[str, bytes] = {}
    write_blocks(found.__setitem__, release, read_json(f"{release}/manifest.json"))
    data = json.loads(zlib.decompress(found["rows"], -zlib.MAX_WBITS))["columns"]
    texts = [
        " ".join(row["text"] for row in told["rationales"])
        for name, block in found.items()
        if name.startswith("texts-")
        for told in json.loads(zlib.decompress(block, -zlib.MAX_WBITS))
    ]
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(texts), count)
    columns = {c.name: _draw(data[c.name], drawn, rng) for c in COLUMNS}
    return Rows(COLUMNS, columns), _index(texts, drawn), drawn, texts


def _draw(column: dict[str, Any], drawn: np.ndarray, rng: np.random.Generator) -> Column:
    if column["kind"] == "text":
        return Texts([f"{column['values'][i]}-{k}" for k, i in enumerate(drawn.tolist())])
    if column["kind"] == "category":
        return Category(tuple(column["words"]), np.array(column["codes"], np.int32)[drawn])
    if column["kind"] == "set":
        sets: dict[tuple[int, ...], int] = {}
        codes = [sets.setdefault(tuple(s), len(sets)) for s in column["codes"]]
        return WordSets(tuple(column["words"]), tuple(sets), np.array(codes, np.int32)[drawn])
    values = np.array([np.nan if v is None else v for v in column["values"]], np.float64)[drawn]
    return Numbers(values + rng.normal(0, 1e-3, len(values)))


def _index(texts: list[str], drawn: np.ndarray) -> WordIndex:
    """The words of drawn rows, from those of each text."""
    order = np.argsort(drawn, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(drawn, minlength=len(texts)))
    holding: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for word in set(split_words(text)):
            holding.setdefault(word, []).append(place)
    words, parts = sorted(holding), []
    for word in words:
        stretches = (order[ends[i - 1] if i else 0 : ends[i]] for i in holding[word])
        parts.append(np.sort(np.concatenate(list(stretches))))
    until = np.cumsum([len(part) for part in parts])
    return index_words(words, until, np.concatenate(parts), len(drawn))


class DuckTable:
    """The same rows in a Parquet file, asked through DuckDB in one thread."""

    def __init__(self, folder: str, rows: Rows, drawn: np.ndarray, texts: list[str]) -> None:
        import duckdb  # noqa: PLC0415 - what is compared with

        self._file = f"{folder}/rows.parquet"
        columns: dict[str, Any] = {"row": np.arange(len(rows))}
        for name, column in rows.columns.items():
            if isinstance(column, Category):
                codes = pa.array(column.codes, mask=column.codes < 0)
                columns[name] = pa.DictionaryArray.from_arrays(codes, list(column.words))
            elif isinstance(column, WordSets):
                sets = pa.array([[column.words[i] for i in s] for s in column.sets])
                columns[name] = sets.take(pa.array(column.codes))
            else:
                columns[name] = column.values
        lower = pa.array([text.lower() for text in texts])
        columns["said"] = pa.DictionaryArray.from_arrays(pa.array(drawn, pa.int32()), lower)
        pq.write_table(pa.table(columns), self._file)
        self._db = duckdb.connect()
        self._db.execute("set threads to 1")
        self._db.execute(f"create table clips as select * from '{self._file}'")

    def find(self, query: Query) -> int:
        """How many rows fit; the window is fetched too."""
        tests, values = ["true"], []
        for word in query.text.split():
            tests.append("contains(said, ?)")
            values.append(word)
        for name, words in query.where.items():
            is_set = name in ("flags", "splits", "verdicts")
            tests.append(f"list_contains({name}, ?)" if is_set else f"{name} = ?")
            values += words
        for name, (low, high) in query.within.items():
            tests.append(f"{name} between ? and ?")
            values += [low, high]
        where = " and ".join(tests)
        order = f"order by {query.sort} {'desc' if query.down else ''}" if query.sort else ""
        window = f"select row from clips where {where} {order} limit 100 offset {query.offset}"
        self._db.execute(window, values).fetchall()
        (count,) = self._db.execute(f"select count(*) from clips where {where}", values).fetchone()
        return int(count)


if __name__ == "__main__":
    main(tyro.cli(Flags, description=__doc__))
