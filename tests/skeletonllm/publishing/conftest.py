"""A release of raw files that still lie there, of four corpora, and its recipe."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from schemas import RATIONALE, REJECT
from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.negatives import rank_negatives
from skeletonllm.normalize import normalize
from skeletonllm.publishing.recipe import make_recipe
from skeletonllm.release import cut_release
from skeletonllm.shards import encode
from skeletonllm.storage import join, sha256_of, write_table
from skeletonllm.storage.layout import PARTS, REJECTS
from skeletonllm.synthesis import write_corpora
from skeletonllm.testing.releases import write_shards
from skeletonllm.testing.stage_folders import finish_stage, write_clips_folder
from tests.skeletonllm.release.conftest import rationale, write_questions

ACTIONS = ("sit down", "shaking hands")
PER_TAR = 7


@dataclass(frozen=True)
class Made:
    """A release, its recipe, and the raw files of both.

    Args:
        release: Folder of the release.
        recipe: Folder of the recipe.
        raw: Corpus -> folder or file.
    """

    release: Path
    recipe: Path
    raw: dict[str, str]

    @property
    def corpora(self) -> list[str]:
        return [f"{corpus}={place}" for corpus, place in self.raw.items()]


def read_corpus(corpus: str, place: str) -> list[Clip]:
    """The clips of raw files, as the stage makes them."""
    reader, above = get_reader(corpus), place.rpartition("/")[0]
    clips = [c for source in reader.sources(place) for c in read_clips(reader, source)[0]]
    return [
        replace(
            made,
            motion=replace(made.motion, orientations=None),
            source_uri=clip.source_uri.removeprefix(f"{above}/"),
        )
        for clip in clips
        for made in [normalize(clip)]
    ]


def write_road(root: Path, raw: dict[str, str]) -> str:
    """A release of these raw files, with rationales, negatives and questions."""
    clips = {corpus: read_corpus(corpus, place) for corpus, place in raw.items()}
    every = [clip for of in clips.values() for clip in of]
    folders = [write_clips_folder(str(root / "clips" / name), of) for name, of in clips.items()]
    sources = {folder: sha256_of(join(folder, "manifest.json"))[0] for folder in folders}
    negatives, rationales, shards = (str(root / n) for n in ("negatives", "rationales", "shards"))
    ranking = rank_negatives("ntu", get_reader("ntu_rgbd").label_names["ntu"][:9], {})
    write_table(join(negatives, PARTS, "part-00000.parquet"), ranking)
    finish_stage(negatives, "mine_negatives", {"clips": sources}, {"pairs": len(ranking)})
    told = {c.clip_id: rationale(c, 0.5) for c in every if c.label}
    table = pa.Table.from_pylist(list(told.values()), schema=RATIONALE.arrow)
    write_table(join(rationales, PARTS, "part-00000.parquet"), table)
    none = REJECT.arrow.empty_table()
    write_table(join(rationales, REJECTS, "part-00000.parquet"), none)
    finish_stage(rationales, "build_rationales", {"clips": sources}, {"rationales": len(told)})
    samples = [encode(c, [told[c.clip_id]] if c.clip_id in told else []) for c in every]
    write_shards(shards, samples, PER_TAR)
    write_questions(shards, [clip.clip_id for clip in every[:3]])
    inputs = {f: sha256_of(join(f, "manifest.json"))[0] for f in (*folders, negatives, rationales)}
    counts = {"samples": len(every), "shards": -(-len(every) // PER_TAR)}
    finish_stage(shards, "build_shards", {"inputs": inputs}, counts)
    return cut_release(
        str(root / "releases"),
        "lab",
        "1.0.0",
        shards_dir=shards,
        clips_dirs=folders,
        negatives_dir=negatives,
        rationales_dir=rationales,
        published="2026-11-27",
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Read only."""
    root = tmp_path_factory.mktemp("publishing")
    sizes = {"ntu_clips_per_action": 4, "nw_ucla_clips_per_action": 1}
    raw = write_corpora(
        root / "raw", **sizes, humanml3d_clips=2, pyskl_clips_per_action=2, actions=ACTIONS
    )
    release = write_road(root, raw)
    return Made(Path(release), Path(make_recipe(release, str(root / "recipes"))), raw)


@pytest.fixture
def recipe(made: Made, tmp_path: Path) -> Path:
    """A copy of the recipe that a test may damage."""
    return Path(shutil.copytree(made.recipe, tmp_path / "recipe"))
