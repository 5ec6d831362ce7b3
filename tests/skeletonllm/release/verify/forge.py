"""What a forger or a buggy tool does to a release: change it, and put every hash right again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.base import VERSION
from skeletonllm.release import verify_release
from skeletonllm.shards import read_members, write_shard
from skeletonllm.storage import read_json, read_table, sha256_of, write_json, write_table

Members = dict[str, bytes]


def readmit(release: Path, path: str) -> None:
    """Write the hash that a file has now into the manifest and into ``croissant.json``."""
    digest, size = sha256_of(str(release / path))
    if path != "croissant.json":
        croissant = read_json(str(release / "croissant.json"))
        for item in croissant["distribution"]:
            if item.get("contentUrl") == path:
                item |= {"sha256": digest, "contentSize": f"{size} B"}
        write_json(str(release / "croissant.json"), croissant)
        readmit(release, "croissant.json")
    manifest = read_json(str(release / "manifest.json"))
    kept = [e for e in manifest["files"] if e["path"] != path]
    manifest["files"] = [*kept, {"path": path, "sha256": digest, "bytes": size}]
    write_json(str(release / "manifest.json"), manifest)


def edit_manifest(release: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    manifest = read_json(str(release / "manifest.json"))
    change(manifest)
    write_json(str(release / "manifest.json"), manifest)


def edit_json(release: Path, path: str, change: Callable[[dict[str, Any]], Any]) -> None:
    data = read_json(str(release / path))
    change(data)
    write_json(str(release / path), data)
    readmit(release, path)


def read_rows(release: Path, name: str) -> list[dict[str, Any]]:
    return read_table(str(release / f"{name}.parquet")).to_pylist()


def edit_table(release: Path, name: str, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    path = f"{name}.parquet"
    table = read_table(str(release / path))
    rows = table.to_pylist()
    change(rows)
    write_table(str(release / path), pa.Table.from_pylist(rows, schema=table.schema))
    readmit(release, path)


def edit_index(release: Path, row: int, **values: Any) -> None:
    edit_table(release, "index", lambda rows: rows[row].update(values))


def edit_samples(release: Path, change: Callable[[dict[str, Members]], Any]) -> None:
    """Change the members of samples by clip, and write tars and index as their writer would."""
    rows = read_rows(release, "index")
    members = {row["clip_id"]: _read(release, row) for row in rows}
    change(members)
    tables, start = [], 0
    for shard in sorted({row["shard"] for row in rows}):
        own = [members[row["clip_id"]] for row in rows if row["shard"] == shard]
        tables.append(write_shard(str(release / "shards" / shard), own, start))
        start += len(own)
        readmit(release, f"shards/{shard}")
    write_table(str(release / "index.parquet"), pa.concat_tables(tables))
    readmit(release, "index.parquet")
    edit_head(release, {SIZES: str(sum(row["size"] for row in read_rows(release, "index")))})


SIZES = r"(?<=num_bytes: )\d+|(?<=download_size: )\d+|(?<=dataset_size: )\d+"


def edit_head(release: Path, changes: Mapping[str, str]) -> None:
    """Replace what matches in the head of the card."""
    card = release / "README.md"
    before, head, body = card.read_text().split("---\n", 2)
    for pattern, text in changes.items():
        head = re.sub(pattern, text, head)
    card.write_text("---\n".join((before, head, body)))
    readmit(release, "README.md")


def _read(release: Path, row: Mapping[str, Any]) -> Members:
    data = (release / "shards" / row["shard"]).read_bytes()
    found = read_members(data[row["offset"] : row["offset"] + row["size"]], row["key"])
    del found["__key__"]
    return found


def state_version(release: Path, name: str, version: str) -> None:
    """Write another version of its schema into a table."""
    path = f"{name}.parquet"
    table = read_table(str(release / path))
    stated = {**table.schema.metadata, VERSION.encode(): version.encode()}
    write_table(str(release / path), table.replace_schema_metadata(stated))
    readmit(release, path)


def edit_text(members: Members, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the JSON of a sample."""
    meta = json.loads(members["json"])
    change(meta)
    text = json.dumps(meta, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    members["json"] = text.encode()


def only_fault(release: Path) -> str:
    (fault,) = verify_release(str(release))
    return fault
