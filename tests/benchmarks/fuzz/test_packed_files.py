"""Every reader reads its files packed with gzip, and within a ZIP archive, as it reads them."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from benchmarks.fuzz.seeds import WRITTEN
from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips, reader_names

COMPANIONS = (".yaml", ".yml", ".asf")
"""What is looked for beside a file by its plain name."""


def read_folder(corpus: str, root: Path) -> tuple[dict[str, str], list[str]]:
    """Hash of each clip's motion by id, and the code of each reject."""
    reader = get_reader(corpus)
    results = [read_clips(reader, source) for source in reader.sources(str(root))]
    clips: list[Clip] = [clip for found, _ in results for clip in found]
    codes = sorted(reject.code for _, refused in results for reject in refused)
    return {clip.clip_id: clip.motion.sha256 for clip in clips}, codes


@pytest.fixture(params=sorted(set(reader_names()) & set(WRITTEN)))
def corpus(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folders(corpus: str, tmp_path: Path) -> list[Path]:
    """The folders of the fuzzer's seeds of one reader."""
    written = []
    for number, make in enumerate(WRITTEN[corpus]):
        for name, content in make().items():
            path = tmp_path / str(number) / "raw" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        written.append(tmp_path / str(number) / "raw")
    return written


def test_in_a_zip(corpus: str, folders: list[Path]) -> None:
    for folder in folders:
        archive = folder.parent / "raw.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(folder.rglob("*")):
                packed.write(path, path.relative_to(folder))
        assert read_folder(corpus, archive) == read_folder(corpus, folder)


def test_as_gz(corpus: str, folders: list[Path]) -> None:
    for folder in folders:
        plain = read_folder(corpus, folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in COMPANIONS and "abel" not in str(path):
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
                path.unlink()
        assert read_folder(corpus, folder) == plain
