"""A motion and a question -> a trained model's answer: its class, a caption, why, anything."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import console, quick_imports, run_job
from jobs.process_start import measure_seconds
from jobs.raw_flags import RawFlags


@dataclass(frozen=True, kw_only=True)
class Flags(RawFlags):
    """Flags of this command."""

    path: Annotated[str, tyro.conf.Positional]
    """A raw file, the output of normalize, a parquet part or a release; `PATH#CLIP_ID` picks."""
    question: Annotated[str, tyro.conf.Positional] = ""
    """In words; without one the model says which action it is."""
    checkpoint: str
    """The folder `checkpoint` of a training run."""
    kind: str | None = None
    """recognition, caption, explanation or question; by default question if there is one."""
    classes: tuple[str, ...] = ()
    """Actions to choose from; by default those that the checkpoint was trained on."""
    choices: tuple[str, ...] = ()
    """Answers to choose from to a question; by default it is answered in the model's own words."""
    max_tokens: int | None = None
    """Most tokens of an answer in the model's own words: 96 of a caption, 512, 64."""
    top: int = 5
    """Likeliest answers that are listed."""
    release: str | None = None
    """Release that an older checkpoint was trained on, which says the classes."""
    device: str | None = None
    """cpu or cuda; by default a GPU if there is one."""
    frames: str | None = None
    """Folder for the pictures that the model looks at."""
    json: bool = False
    """One JSON object instead of text."""


def main(flags: Flags) -> int:
    """Ask a trained model about one motion."""
    from jobs.loading import load_one_clip
    from skeletonllm.answering.inquiry import Inquiry

    more = {name: vars(flags)[name] for name in ("classes", "choices", "max_tokens")}
    inquiry = Inquiry.of(flags.question, flags.kind, **more)
    clip = load_one_clip(flags.path, flags.corpus, flags.image_size)
    with quick_imports():
        from skeletonllm.answering import ClipAsker, Reply
        from skeletonllm.answering.reply import make_printable
    asker = ClipAsker.open(flags.checkpoint, flags.device, flags.release)
    look = asker.look(clip, flags.frames)
    for piece in asker.tell(look, inquiry):
        if isinstance(piece, Reply):
            reply = piece
        elif not flags.json:
            print(make_printable(piece), end="", flush=True)
    seconds = round(measure_seconds(), 1)
    if flags.json:
        print(json.dumps({**reply.to_json(), "model": asker.name, "seconds": seconds}))
        return 0
    print()
    for line in reply.describe(flags.top):
        console.print(make_printable(line), markup=False)
    shown = f"{len(reply.frames)} of {look.motion.num_frames} frames of {clip.clip_id}"
    console.print(f"{shown}; {seconds} s from start to answer", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
