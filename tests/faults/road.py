"""From raw files to a trained model in commands, and what lies where they wrote it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skeletonllm.synthesis import synthesize, write_nw_ucla
from skeletonllm.testing.processes import read_folder
from skeletonllm.topology import KINECT_V1
from tests.pipelines.sabotage import TIMED

ACTIONS = {1: "pick up", 8: "sit down", 11: "throw"}
"""Actions of NW-UCLA by their numbers."""
SUBJECTS = 4
FILES_PER_PART = "4"
PLACE = "elsewhere"
"""Of all that the disturbed road writes, in the bucket."""


def write_raw(folder: Path) -> None:
    """Write twelve short clips: three parts of a stage."""
    folder.mkdir(parents=True)
    for number, name in ACTIONS.items():
        for subject in range(1, SUBJECTS + 1):
            motion = synthesize(name, topology=KINECT_V1, subject=subject, seed=subject, fps=10)
            path = folder / f"a{number:02d}_s{subject:02d}_e00_v01.json"
            write_nw_ucla(path, motion, label=number)


@dataclass(frozen=True)
class Road:
    """All commands, each with the folder that it fills.

    Args:
        raw: Folder of raw files, a path or a URL.
        root: Of all outputs, a path or a URL.
    """

    raw: str
    root: str

    @property
    def release(self) -> str:
        """What is cut."""
        return f"{self.root}/releases/toy/0.1.0"

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Name of the folder below the root, and what is typed behind ``skeletonllm``."""
        of = {name: f"{self.root}/{name}" for name in ("clips", "negatives", "rationales")}
        of |= {name: f"{self.root}/{name}" for name in ("questions", "shards", "run")}
        clips = ["--clips", of["clips"]]
        told = ["--rationales", of["rationales"], "--negatives", of["negatives"]]
        read = ["--corpus", "nw_ucla", "--input", self.raw, "--files-per-part", FILES_PER_PART]
        yield "clips", ["normalize", *read, "--output", of["clips"]]
        yield "negatives", ["mine-negatives", *clips, "--output", of["negatives"]]
        yield "rationales", ["build-rationales", *clips, "--output", of["rationales"]]
        yield "questions", ["build-questions", *clips, "--output", of["questions"]]
        packed = [*clips, *told, "--questions", of["questions"], "--output", of["shards"]]
        yield "shards", ["build-shards", *packed]
        named = ["--name", "toy", "--version", "0.1.0", "--output", f"{self.root}/releases"]
        yield "releases", ["cut-release", *named, *clips, *told, "--shards", of["shards"]]
        sizes = ["--steps", "6", "--batch-size", "4", "--num-frames", "2", "--save-every", "2"]
        run = ["--release", self.release, "--output", of["run"], "--workers", "2"]
        yield "run", ["train", *run, *sizes]


@dataclass(frozen=True)
class Bucket:
    """Objects of an S3, past our own file systems.

    Args:
        url: Of the server.
        name: Of the bucket; one for each test file, since all share the server.
    """

    url: str
    name: str

    def place(self, prefix: str) -> str:
        """The URL of a folder, as a user types it.

        Args:
            prefix: Of the names of all objects, without its slash.
        """
        return f"s3://{self.name}/{prefix}"

    def read(self, prefix: str) -> dict[str, bytes]:
        """The bytes of all objects below a prefix, by what follows it."""
        of = {"Bucket": self.name}
        with self._connect() as client:
            pages = client.get_paginator("list_objects_v2").paginate(**of, Prefix=prefix)
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
            bodies = {key: client.get_object(**of, Key=key)["Body"] for key in keys}
            return {key.removeprefix(prefix): body.read() for key, body in bodies.items()}

    def make(self) -> None:
        """Make the bucket, or keep it."""
        with self._connect() as client:
            client.create_bucket(Bucket=self.name)

    def upload(self, folder: Path, prefix: str) -> None:
        """Copy a local folder.

        Args:
            folder: What is copied.
            prefix: Of the names of all objects, with its slash.
        """
        with self._connect() as client:
            for name, data in read_folder(folder).items():
                client.put_object(Bucket=self.name, Key=prefix + name, Body=data)

    def _connect(self) -> closing[Any]:
        import boto3  # noqa: PLC0415 - comes with s3fs

        return closing(boto3.client("s3", endpoint_url=self.url))


@dataclass(frozen=True)
class Scene:
    """Where the disturbed road is walked.

    Args:
        bucket: The S3.
        flag: File of the fail point at which workers freeze before their next upload; while it
            exists, they pass.
    """

    bucket: Bucket
    flag: Path

    def see(self, folder: str, words: str) -> bool:
        """Whether any object of a stage's folder has a name with these words."""
        return any(words in name for name in self.bucket.read(f"{PLACE}/{folder}/"))


def hash_contents(files: Mapping[str, bytes]) -> dict[str, str]:
    """Hash of each file that is the same whenever and wherever it is made, by name.

    Left out are locks, what tells of time, also in the manifest of a training, and the objects of
    no bytes that Ray Train's own file system makes for folders.
    """
    kept = {
        name: data
        for name, data in files.items()
        if name and not name.endswith((".lock", "/")) and not _tells_time(name)
    }
    kept["run/manifest.json"] = _without_time(kept["run/manifest.json"])
    return {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()}


def _without_time(manifest: bytes) -> bytes:
    stated = json.loads(manifest)
    files = [entry for entry in stated["files"] if not _tells_time(f"run/{entry['path']}")]
    return json.dumps({**stated, "files": files}).encode()


def _tells_time(name: str) -> bool:
    return name.startswith(tuple(f"run/{timed}" for timed in TIMED))


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def kill_frozen(flag: Path) -> int:
    """Kill the process that a fail point holds; its id.

    Args:
        flag: The file of the fail point.
    """
    pid = int(flag.read_text())
    os.kill(pid, 9)
    return pid
