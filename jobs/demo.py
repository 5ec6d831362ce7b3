"""The whole road on one machine, offline, on motions that are synthesized for it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs import (
    build_rationales,
    build_shards,
    cut_release,
    evaluate,
    mine_negatives,
    normalize,
    quality,
    tables,
    train,
    verify,
)
from jobs.common import cluster, console, run_job
from skeletonllm.errors import UsageError

if TYPE_CHECKING:
    from PIL import Image

HELD_OUT_CLASSES = ("drink water", "side kick", "shaking hands")
HELD_OUT_SUBJECTS = ("7", "8")
"""What training never sees; of the classes not even the names."""

SHEET_SIZE, SHEET_FRAMES = 168, 8


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of the demo."""

    output: str = "demo"
    """Folder for everything the demo makes; run again, it goes on where it stopped."""
    steps: int | None = None
    """Training steps; the default takes about a minute."""
    workers: int = 0
    """CPUs of the local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Walk the whole road on synthesized motions, and say what was made."""
    from skeletonllm.storage import join

    started = time.monotonic()
    raw = _synthesize(join(flags.output, "raw"))
    with cluster(flags.workers):
        release = _build(raw, flags.output)
        results = _learn(release, flags)
    sheet = join(flags.output, "sheet.png")
    _draw(release).save(sheet)
    minutes = (time.monotonic() - started) / 60
    console.rule(f"done in {minutes:.1f} minutes")
    console.print(_closing(flags.output, release, sheet, results), markup=False)
    return 0


def _synthesize(root: str) -> dict[str, str]:
    """Folder of each corpus, written once: `synthesized.json` comes last."""
    from skeletonllm.storage import exists, join, read_json, write_json
    from skeletonllm.synthesis import write_corpora

    done = join(root, "synthesized.json")
    if not exists(done):
        write_json(done, write_corpora(root))
    folders: dict[str, str] = read_json(done)
    return folders


def _build(raw: dict[str, str], output: str) -> str:
    """From raw files to a verified release; its folder."""
    from skeletonllm.storage import join

    clips = tuple(join(output, "clips", corpus) for corpus in raw)
    made = {stage: join(output, stage) for stage in ("negatives", "rationales")}
    shards, releases = join(output, "shards"), join(output, "releases")
    for (corpus, source), folder in zip(raw.items(), clips, strict=True):
        _run(normalize, corpus=corpus, input=source, output=folder, licence="synthetic")
    _run(quality, clips=clips, output=join(output, "quality"))
    _run(mine_negatives, clips=clips, output=made["negatives"])
    _run(build_rationales, clips=clips, output=made["rationales"])
    _run(build_shards, clips=clips, output=shards, **made)
    version = {"name": "demo", "version": "0.1.0", "audience": "public"}
    _run(cut_release, clips=clips, shards=shards, output=releases, **made, **version)
    release = join(releases, "demo", "0.1.0")
    _run(verify, release=release)
    return release


def _run(job: Any, **flags: Any) -> None:
    """Run a job as its command would; a demo whose job fails has failed."""
    console.rule(job.__name__.removeprefix("jobs."))
    if job.main(job.Flags(**flags)):
        raise UsageError(f"{job.__name__} did not succeed", hint="Its output above says why.")


def _learn(release: str, flags: Flags) -> dict[str, str]:
    """Train the warm-up stage, and judge it on subjects and on classes it never saw."""
    from skeletonllm.storage import join

    run = join(flags.output, "training")
    _run(
        train,
        release=release,
        output=run,
        steps=flags.steps,
        corpora=("ntu_rgbd",),
        held_out_classes=HELD_OUT_CLASSES,
        held_out_subjects=HELD_OUT_SUBJECTS,
    )
    files = {}
    for on in ("held_out_subjects", "held_out_classes"):
        folder = join(flags.output, "evaluations", on)
        files[on] = join(folder, "evaluation.json")
        checkpoint = join(run, "checkpoint")
        shown = ("exchanged", "joint_dropout=0.3")
        _run(
            evaluate,
            release=release,
            checkpoint=checkpoint,
            output=folder,
            on=on,
            conditions=shown,
        )
    every = join(flags.output, "evaluations")
    _run(tables, evaluations=(every,), output=join(flags.output, "tables.md"))
    return files


def _draw(release: str) -> Image.Image:
    """A sheet of one clip of each kind: every skeleton, and one and two persons."""
    from jobs.loading import load_clips
    from skeletonllm.draction import DrActionConfig, sample_frames
    from skeletonllm.visualization.frames import render_motion
    from skeletonllm.visualization.sheets import make_contact_sheet

    config = DrActionConfig(size=SHEET_SIZE, patch=28)
    clips = {(c.corpus, c.motion.num_persons): c for c in load_clips(release).clips}
    rows, captions = [], []
    for clip in clips.values():
        frames = sample_frames(clip.motion.num_frames, SHEET_FRAMES)
        rows.append(render_motion(clip.motion, config, frames).transpose(0, 3, 1, 2))
        captions.append(f"{clip.clip_id}: {clip.label or clip.captions[0].text}")
    return make_contact_sheet(rows, captions)


def _closing(output: str, release: str, sheet: str, results: dict[str, str]) -> str:
    """What was made, how to look at it, what to try next."""
    from skeletonllm.storage import join, read_json

    scores = {on: read_json(file)["results"]["ntu"] for on, file in results.items()}
    told = {on: f"{s['top1']:.0%} right (chance {s['chance']:.0%})" for on, s in scores.items()}
    control = read_json(results["held_out_subjects"])["conditions"]["exchanged"]
    exchanged = control["ntu"]["top1"]
    clips = join(output, "clips", "ntu_rgbd")
    renderer = join(output, "training", "checkpoint", "renderer.safetensors")
    return f"""
release   {release}
report    {join(release, "report.html")}
quality   {join(output, "quality", "report.html")}
pictures  {sheet}
tables    {join(output, "tables.md")}

New people doing trained actions: {told["held_out_subjects"]}; with each clip shown the
motion of another action: {exchanged:.0%}. The renderer and the projector learned that by the
gradient of a frozen random model. Actions it never saw, by name alone:
{told["held_out_classes"]}; a random language model does not know what words mean,
so little is to be expected there: take --model OpenGVLab/InternVL3-8B-hf where there is a GPU.

Try next
  skeletonllm inspect {release}
  skeletonllm inspect {join(output, "rationales")}
  skeletonllm ask {clips} --checkpoint {join(output, "training", "checkpoint")}
  skeletonllm render {clips} --out pictures
  skeletonllm render {clips} --out trained --weights {renderer}
  skeletonllm normalize --corpus nw_ucla --input YOUR_FILES --output out/clips
"""


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
