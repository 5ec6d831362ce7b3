"""Folders of one format with something wrong in them, one for each seed and index."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarks.fuzz import bombs
from benchmarks.fuzz.folders import FOLDER_MUTATIONS
from benchmarks.fuzz.mutations import BYTES, JSON, MAX_BYTES, TEXT
from benchmarks.fuzz.pickles import make_pickle
from benchmarks.fuzz.seeds import Files, load_seeds


@dataclass(frozen=True)
class Mutant:
    """One folder to be read.

    Args:
        seed: Of the run.
        index: Within the run; seed and index say everything else.
        corpus: The reader that it is for.
    """

    seed: int
    index: int
    corpus: str

    def build(self, place: Path) -> tuple[Path, str]:
        """Write it below ``place``.

        Returns:
            What to give to the reader, and what was done, in words.
        """
        rng = random.Random(f"{self.seed}:{self.index}")
        known = load_seeds(self.corpus)
        # the written ones come first and are short; the real ones are there to be met now and then
        files = dict(rng.choice(known if rng.random() < 0.3 else known[:4]))
        names = sorted(files)
        name = rng.choice(names)
        if rng.random() < 0.8:
            other = rng.choice(known)
            spare = other[rng.choice(sorted(other))]
            files[name], what = mutate_file(rng, name, files[name], spare)
            _write_files(place / "in", files)
        else:
            _write_files(place / "in", files)
            what = rng.choice(FOLDER_MUTATIONS)(rng, place, place / "in" / name)
        root = place / "in"
        # who names a link to / as the root gets it searched: that is what was asked for
        asked = os.path.lexists(root / name) and what != "link to /"
        alone = rng.random() < 0.1 and asked
        return (root / name if alone else root), f"{name}: {what}"


def mutate_file(rng: random.Random, name: str, data: bytes, other: bytes) -> tuple[bytes, str]:
    """A mutant of a file, and what was done to it."""
    suffix = PurePosixPath(name).suffix
    if suffix in WHOLE_FILES and rng.random() < 0.4:
        make = rng.choice(WHOLE_FILES[suffix])
        return make(rng), make.__name__
    mutations = [*BYTES, *TEXT, *(JSON * 2 if suffix == ".json" else [])]
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        change = rng.choice(mutations)
        data = change(rng, data, other)[:MAX_BYTES]
        done.append(change.__name__)
    return data, ", ".join(done)


def _write_files(root: Path, files: Files) -> None:
    root.mkdir(parents=True)
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def _parquet(rng: random.Random) -> bytes:
    names = ("pelvis", "head", "left_hand", "right_hand")
    return bombs.make_parquet(rng, [f"{name}_{axis}" for name in names for axis in "xyz"])


WHOLE_FILES: dict[str, list[bombs.Maker]] = {
    ".pkl": [make_pickle],
    ".npy": [bombs.make_npy, bombs.make_npy, make_pickle],
    ".npz": [bombs.make_zip],
    ".mat": [bombs.make_mat],
    ".parquet": [_parquet],
    ".yaml": [bombs.make_yaml],
}
