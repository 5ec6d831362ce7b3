"""The console script `skeletonllm <verb>`: the same code as the jobs, under one name."""

from __future__ import annotations

import atexit
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

VERBS = {
    "normalize": ("jobs.normalize", "raw skeleton files -> clips/ and rejects/"),
    "quality": ("jobs.quality", "can one trust these clips? faults, copies, a page about them"),
    "mine-negatives": ("jobs.mine_negatives", "clips -> hard negatives of every class"),
    "build-rationales": ("jobs.build_rationales", "clips -> causal rationales, each step checked"),
    "build-questions": ("jobs.build_questions", "clips -> questions with checked answers"),
    "build-shards": ("jobs.build_shards", "clips, rationales, negatives -> WebDataset tars"),
    "cut-release": ("jobs.cut_release", "shards -> an immutable, versioned release"),
    "diff": ("jobs.diff", "what changed from one release to another, and which version step"),
    "trace": ("jobs.trace", "one clip of a release -> its raw file, parameters, prompts, costs"),
    "verify": ("jobs.verify", "check every byte and count of a release or a recipe"),
    "make-recipe": ("jobs.make_recipe", "a release without motions, for corpora one may not give"),
    "rebuild": ("jobs.rebuild", "a recipe and the raw files -> the whole release again"),
    "publish": ("jobs.publish", "a release or a recipe -> a bucket, a folder or the Hub"),
    "train": ("jobs.train", "stream a release through the renderer into an MLLM"),
    "evaluate": ("jobs.evaluate", "score a trained renderer and model on held-out clips"),
    "tables": ("jobs.tables", "results of many evaluations beside published ones"),
    "baseline": ("jobs.baseline", "what is to be had without pictures: score a baseline likewise"),
    "ask": ("jobs.ask", "a motion and a question -> a trained model's answer"),
    "serve": ("jobs.serve", "a trained model behind an OpenAI-compatible server"),
    "export": ("jobs.export", "a trained model -> one folder that from_pretrained loads"),
    "inspect": ("jobs.inspect_path", "what is in these clips, this release or this raw file"),
    "identify": ("jobs.identify", "which corpus a folder of raw files is, how surely, and why"),
    "splits": ("jobs.splits", "what these clips give of each published split, and what is off"),
    "compare-profiles": ("jobs.compare_profiles", "which clips differ under two profiles, and how"),
    "view": ("jobs.view", "look at a release, clips, a raw file, a diff or a run in the browser"),
    "render": ("jobs.render", "a clip or a raw file -> pictures"),
    "demo": ("jobs.demo", "the whole road, offline, on synthesized motions"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb. Modules load only when their verb is asked for: `--help` stays quick."""
    args = list(sys.argv[1:] if argv is None else argv)
    verb = args[0].replace("_", "-") if args else "--help"
    if verb in ("-h", "--help"):
        print(_usage())
        return 0
    if verb not in VERBS:
        print(f"error: no verb {args[0]!r}\n\n{_usage()}", file=sys.stderr)
        return 2
    module = importlib.import_module(VERBS[verb][0])
    from jobs.common import run_job

    return run_job(module.main, module.Flags, args[1:], prog=f"skeletonllm {verb}")


def run() -> NoReturn:
    """Run a verb as the whole of this process: the console script.

    Python would free the objects of all modules one by one before it ends, which after torch takes
    most of a second of a processor. All that is registered for the exit is done; the rest the
    system frees at once.
    """
    code = main()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _usage() -> str:
    lines = [f"  {verb:<18}{text}" for verb, (_, text) in VERBS.items()]
    head = "usage: skeletonllm <verb> [flags]     (`skeletonllm <verb> --help` explains one)"
    return "\n".join([head, "", *lines])


if __name__ == "__main__":
    run()
