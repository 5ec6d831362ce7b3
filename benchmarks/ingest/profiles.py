"""The published recipes beside their originals, on every NTU file: which values differ.

    python -m benchmarks.ingest.profiles --published FOLDER --files FOLDER

The originals run as they are, taken at their commits out of git repositories (checkouts or bare)
named ``pyskl``, ``mmaction2``, ``CTR-GCN`` and ``SkeletonLLM`` below ``--published``, or
``<owner>+<name>/repo``. Only what is not theirs is stood in for: imports of packages that they do
not need here, folders, and ``np.int``, which numpy no longer has.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt

from benchmarks.rendering.published_code import FILE, load_published
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

TO_ORIGIN: dict[str, Callable[[Clip], Array]] = {
    "pyskl": pyskl.to_origin,
    "mmaction2": mmaction2.to_origin,
    "ctrgcn": ctrgcn.to_origin,
    "paper": paper.to_origin,
}


class Originals:
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
        self.pyskl = self._load("pyskl", "tools/data/ntu_preproc.py")
        self.mmaction2 = self._load("mmaction2", "tools/data/skeleton/gen_ntu_rgbd_raw.py")
        self.ctrgcn = [
            self._load("ctrgcn", f"data/ntu/{name}.py")
            for name in ("get_raw_skes_data", "get_raw_denoised_data", "seq_transformation")
        ]
        (work / FILE).parent.mkdir(parents=True)
        (work / FILE).write_text(self._text("paper", str(FILE)))
        self.paper = load_published(work)

    def __call__(self, profile: str, path: Path) -> Array | None:
        """What an origin makes of a file; None where it fails or finds nobody."""
        run = getattr(self, f"_run_{profile}")
        with self._inside():
            try:
                found: Array | None = run(path.resolve())
            except (AssertionError, IndexError):
                return None
        return found if found is not None and found.size else None

    def _run_pyskl(self, path: Path) -> Array | None:
        self.pyskl["root"] = str(path.parent)
        found = self.pyskl["gen_anno"](path.stem)
        return None if found is None else np.asarray(found["keypoint"])

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

    def _load(self, profile: str, path: str) -> dict[str, Any]:
        """A published script as it is after an import."""
        names: dict[str, Any] = {"__name__": f"published_{Path(path).stem}"}
        with self._inside():
            exec(compile(self._text(profile, path), path, "exec"), names)
        return names

    def _text(self, profile: str, path: str) -> str:
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
    def _inside(self) -> Iterator[None]:
        with (
            contextlib.chdir(self.work),
            contextlib.redirect_stdout(io.StringIO()),
            mock.patch.object(np, "int", int, create=True),
            mock.patch.dict(sys.modules, _stand_ins()),
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


def ours(profile: str, path: Path) -> Array | None:
    """What our profile makes of a file, as the origin would store it; None for a reject."""
    reader = get_reader("ntu_rgbd")
    clips, _ = read_clips(reader, reader.sources(str(path))[0])
    try:
        return TO_ORIGIN[profile](normalize(clips[0], profile)) if clips else None
    except SourceError:
        return None


def difference(mine: Array | None, theirs: Array | None) -> tuple[str, int, float]:
    """How two arrays differ, in how many values, and by how much at most."""
    if mine is None or theirs is None:
        return "both reject" if mine is theirs else "only one rejects", 0, 0.0
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        return f"{mine.dtype}{mine.shape} for {theirs.dtype}{theirs.shape}", 0, 0.0
    off = np.abs(mine.astype(np.float64) - theirs.astype(np.float64))
    count = int((off > 0).sum())
    return "values" if count else "same", count, float(off.max())


def _stand_ins() -> dict[str, ModuleType]:
    """Packages that the originals import for other ends than reading files."""
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


def main() -> None:
    """Print a line for every profile, and for every file that differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--published", default=os.environ.get("SKELETONLLM_PUBLISHED", ""))
    parser.add_argument("--files", required=True, help="folder of .skeleton files")
    flags = parser.parse_args()
    files = sorted(Path(flags.files).glob("*.skeleton"))
    with tempfile.TemporaryDirectory() as work:
        originals = Originals(Path(flags.published).resolve(), Path(work))
        for profile in ORIGINS:
            found = {f.stem: difference(ours(profile, f), originals(profile, f)) for f in files}
            same = sum(kind in ("same", "both reject") for kind, _, _ in found.values())
            print(f"{profile}: {same} of {len(files)} files are bit-equal")
            for name, (kind, count, most) in found.items():
                if kind not in ("same", "both reject"):
                    print(f"  {name}: {kind}, {count} values, at most {most:.3g}")
        originals.close()


if __name__ == "__main__":
    main()
