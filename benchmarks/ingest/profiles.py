"""The published recipes, ours and the originals, on every NTU file: which values differ.

    python -m benchmarks.ingest.profiles --published FOLDER --files FOLDER

The originals run as they are, taken at their commits out of git repositories (checkouts or bare)
named ``pyskl``, ``mmaction2``, ``CTR-GCN`` and ``SkeletonLLM`` below ``--published``, or
``<owner>+<name>/repo``. Only what is not theirs is stood in for: imports of packages that they do
not need here, folders, and ``np.int``, which numpy no longer has.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import tyro

from benchmarks.rendering.published_code import FILE, load_published_code
from benchmarks.table import publish_table
from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.normalize import normalize
from skeletonllm.normalize.published import ctrgcn, mmaction2, paper, pyskl

Array = npt.NDArray[Any]

ORIGINS = {
    "pyskl": ("kennymckormick", "pyskl", "3f6795f"),
    "mmaction2": ("open-mmlab", "mmaction2", "4d6c934"),
    "ctrgcn": ("Uason-Chen", "CTR-GCN", "e13d758"),
    "paper": ("wangzy01", "SkeletonLLM", "23403c9"),
}
"""Owner, repository and commit of each profile."""

EQUAL = ("same", "both reject")
"""Kinds of :func:`compare_arrays` that are no difference."""

TO_ORIGIN: dict[str, Callable[[Clip], Array]] = {
    "pyskl": pyskl.to_origin,
    "mmaction2": mmaction2.to_origin,
    "ctrgcn": ctrgcn.to_origin,
    "paper": paper.to_origin,
}


class PublishedParsers:
    """The four published parsers, unmodified.

    Args:
        published: Folder of repositories.
        work: Empty folder to work in.

    Raises:
        UsageError: A repository is not there.
    """

    def __init__(self, published: Path, work: Path) -> None:
        self.published, self.work = published, work
        (work / "nturgb+d_skeletons").mkdir()
        (work / "raw_data").mkdir()
        (work / "ntu120_missing.txt").touch()
        self.pyskl = self._run_script("pyskl", "tools/data/ntu_preproc.py")
        self.mmaction2 = self._run_script("mmaction2", "tools/data/skeleton/gen_ntu_rgbd_raw.py")
        self.ctrgcn = [
            self._run_script("ctrgcn", f"data/ntu/{name}.py")
            for name in ("get_raw_skes_data", "get_raw_denoised_data", "seq_transformation")
        ]
        (work / FILE).parent.mkdir(parents=True)
        (work / FILE).write_text(self._read_script("paper", str(FILE)))
        self.paper = load_published_code(work)

    def __call__(self, profile: str, path: Path) -> Array | None:
        """Array of a file as an origin has it; None where it fails or finds nobody."""
        run = getattr(self, f"_run_{profile}")
        with self._in_workspace():
            try:
                array: Array | None = run(path.resolve())
            except (AssertionError, IndexError):
                return None
        return array if array is not None and array.size else None

    def _run_pyskl(self, path: Path) -> Array | None:
        self.pyskl["root"] = str(path.parent)
        result = self.pyskl["gen_anno"](path.stem)
        return None if result is None else np.asarray(result["keypoint"])

    def _run_mmaction2(self, path: Path) -> Array:
        return np.asarray(self.mmaction2["read_xyz"](str(path)).astype(np.float16))

    def _run_ctrgcn(self, path: Path) -> Array:
        raw, denoised, transformed = self.ctrgcn
        log = logging.getLogger("frames_drop")
        bodies = raw["get_raw_bodies_data"](str(path.parent), path.stem, {}, log)
        Path("raw_data/raw_skes_data.pkl").write_bytes(pickle.dumps([bodies]))
        denoised["get_raw_denoised_data"]()
        stored = Path("denoised_data/raw_denoised_joints.pkl").read_bytes()
        joints = transformed["seq_translation"](pickle.loads(stored))
        aligned = transformed["align_frames"](joints, np.array([len(joints[0])]))
        return np.asarray(aligned[0])

    def _run_paper(self, path: Path) -> Array | None:
        poses = self.paper.parse_ntu_skeleton_file(str(path))[0].numpy()
        return np.asarray(poses) if poses.any() else None

    def _run_script(self, profile: str, path: str) -> dict[str, Any]:
        """A published script as it is after an import."""
        names: dict[str, Any] = {"__name__": f"published_{Path(path).stem}"}
        with self._in_workspace():
            exec(compile(self._read_script(profile, path), path, "exec"), names)
        return names

    def _read_script(self, profile: str, path: str) -> str:
        owner, name, commit = ORIGINS[profile]
        for folder in (self.published / name, self.published / f"{owner}+{name}" / "repo"):
            if folder.is_dir():
                shown = ["git", "-C", str(folder), "show", f"{commit}:{path}"]
                return subprocess.run(shown, check=True, capture_output=True, text=True).stdout
        raise UsageError(
            f"no repository {name}",
            where=str(self.published),
            hint=f"git clone https://github.com/{owner}/{name}",
        )

    @contextlib.contextmanager
    def _in_workspace(self) -> Iterator[None]:
        with (
            contextlib.chdir(self.work),
            contextlib.redirect_stdout(io.StringIO()),
            mock.patch.object(np, "int", int, create=True),
            mock.patch.dict(sys.modules, _make_stand_ins()),
        ):
            yield

    def close(self) -> None:
        """Close the log files that the originals leave open."""
        for name in list(logging.root.manager.loggerDict):
            log = logging.getLogger(name)
            for handler in [h for h in log.handlers if isinstance(h, logging.FileHandler)]:
                if Path(handler.baseFilename).is_relative_to(self.work.resolve()):
                    log.removeHandler(handler)
                    handler.close()


def apply_profile(profile: str, path: Path) -> Array | None:
    """Array of a file by our profile, as the origin would store it; None for a reject."""
    reader = get_reader("ntu_rgbd")
    clips, _ = read_clips(reader, reader.sources(str(path))[0])
    try:
        return TO_ORIGIN[profile](normalize(clips[0], profile)) if clips else None
    except SourceError:
        return None


def compare_arrays(mine: Array | None, theirs: Array | None) -> tuple[str, int, float]:
    """How two arrays differ, in how many values, and by how much at most."""
    if mine is None or theirs is None:
        return "both reject" if mine is theirs else "only one rejects", 0, 0.0
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        return f"{mine.dtype}{mine.shape} for {theirs.dtype}{theirs.shape}", 0, 0.0
    off = np.abs(mine.astype(np.float64) - theirs.astype(np.float64))
    count = int((off > 0).sum())
    return "values" if count else "same", count, float(off.max())


def _make_stand_ins() -> dict[str, ModuleType]:
    """Stand-ins for packages that the originals import for other ends than reading files."""
    names = ("mmcv", "mmengine", "pyskl", "pyskl.smp", "tqdm", "h5py", "sklearn")
    modules = {name: ModuleType(name) for name in (*names, "sklearn.model_selection")}
    members: dict[str, dict[str, Any]] = {
        "mmcv": {"dump": lambda *_: None},
        "pyskl.smp": {"mrlines": lambda path: Path(path).read_text().rstrip().splitlines()},
        "tqdm": {"tqdm": list},
        "sklearn.model_selection": {"train_test_split": None},
    }
    for name, values in members.items():
        vars(modules[name]).update(values)
    return modules


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    files: Path
    """Folder of .skeleton files."""
    published: Path = Path(os.environ.get("SKELETONLLM_PUBLISHED", "."))
    """Folder of the published repositories; by default what SKELETONLLM_PUBLISHED names."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    """Print a row of every profile, and a line of every file that differs; 1 if any does."""
    files = sorted(flags.files.glob("*.skeleton"))
    rows, same = [], 0
    with tempfile.TemporaryDirectory() as work:
        parsers = PublishedParsers(flags.published.resolve(), Path(work))
        for profile in ORIGINS:
            differences = {f: compare_arrays(apply_profile(profile, f), parsers(profile, f))
                           for f in files}  # fmt: skip
            others = {f: d for f, d in differences.items() if d[0] not in EQUAL}
            same += len(files) - len(others)
            rows.append({"profile": profile, "files": len(files), "differ": len(others)})
            for file, (kind, count, most) in others.items():
                print(f"{profile}, {file.stem}: {kind}, {count} values, at most {most:.3g}")
        parsers.close()
    publish_table("Published recipes, ours and the originals", rows, flags.json)
    return int(same < len(rows) * len(files))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
