"""Bring a corpus: from a lab's CSV files to clips of one schema, without Ray. Run as

PYTHONPATH=. python examples/bring_a_corpus.py FOLDER

It writes a few files as a lab might have them, reads them with examples/own_corpus.py, normalizes
every clip, and looks at each as the quality report does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from examples.own_corpus import CLASSES, CsvReader
from skeletonllm.clip import Clip, clips_from_table, clips_to_table
from skeletonllm.corpora import check_reader, read_clips
from skeletonllm.kinematics import find_events
from skeletonllm.normalize import normalize
from skeletonllm.storage import read_table, write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V1

ACTIONS = {"wave": "hand waving", "squat": "squat down"}
"""The lab's classes, and the synthesized actions that stand in for its recordings."""


def write_lab_files(folder: Path, each: int = 2) -> None:
    """Write ``each`` CSV files a class: a row a frame, x y z in metres of 20 joints.

    Args:
        folder: Where to; it is made.
        each: Files a class.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = ",".join(f"{joint}_{axis}" for joint in KINECT_V1.joints for axis in "xyz")
    for label in CLASSES:
        for number in range(each):
            motion = synthesize(ACTIONS[label], topology=KINECT_V1, seed=number)
            rows = motion.joints.reshape(motion.num_frames, -1)
            path = folder / f"{label}_{number}.csv"
            np.savetxt(path, rows, delimiter=",", header=header, comments="")


def read_corpus(folder: Path) -> list[Clip]:
    """Every clip of the folder, normalized; what cannot be read is printed with its reason."""
    reader, clips = CsvReader(), list[Clip]()
    for source in reader.sources(str(folder)):
        read, rejects = read_clips(reader, source)
        clips += [normalize(clip) for clip in read]
        for reject in rejects:
            print(f"rejected {reject.source_uri} ({reject.code}): {reject.message}")
    return clips


def main(folder: Path) -> None:
    """Walk the way once, and print what was found."""
    write_lab_files(folder / "raw")
    faults = check_reader(CsvReader(), str(folder / "raw"))
    assert faults == [], faults
    part = str(folder / "clips.parquet")
    write_table(part, clips_to_table(read_corpus(folder / "raw")))
    for clip in clips_from_table(read_table(part)):
        first = find_events(clip.motion)[0]
        says = f"first event at {first.start_s:.1f} s: {first.side} {first.part}, {first.motion}"
        print(f"{clip.clip_id}: {clip.motion.duration_s:.1f} s, {clip.label}; {says}")
    print(f"clips: {part}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "lab"))
