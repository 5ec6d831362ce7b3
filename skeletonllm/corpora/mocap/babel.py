"""BABEL (Punnakkal et al., CVPR 2021): what is done in the motions of AMASS, as JSON.

    {"<sid>": {"babel_sid", "feat_p": "KIT/KIT/4/RightTurn01_poses.npz", "dur",
               "seq_ann":   {"labels": [{"raw_label", "proc_label", "act_cat": [...]}]},
               "frame_ann": {"labels": [{..., "start_t", "end_t"}]} or null}}
    extra_train.json, extra_val.json: seq_anns and frame_anns, lists of the same

The motions are AMASS', whose ``.npz`` lie below the folder of the JSON or up to three above it, as
``feat_p`` says or without its first folder (AMASS' archives have each name once). Their joints need
a body model, as :mod:`.amass` does. What is missing of the two is a reject that says where to get
it. A segment with times is a clip; where there is none, the whole motion is one. Its sentence is
what the annotator wrote, its label the one category of it, if there is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.json_text import parse_described, parse_json
from skeletonllm.corpora.mocap.amass import AmassReader
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.labels import SEVERAL_LABELS, Facts
from skeletonllm.corpora.toolkit.untrimmed import CUT_SHORT
from skeletonllm.errors import SourceError

MAX_BYTES = 256 << 20
UP = 3
ROUNDED_S = 0.1
PAGE = "https://amass.is.tue.mpg.de"
FORMS = ("", "AMASS", "amass", "AMASS_CMUKITEyes", "amass_data")
"""Names of folders that people put AMASS into, beside or above the labels."""


@dataclass(frozen=True)
class Said:
    """What an annotator said of a motion, or of a part of it in seconds."""

    text: str
    categories: tuple[str, ...]
    start_s: float = 0.0
    end_s: float = 0.0


class BabelReader:
    """Reader of ``train.json`` and its like, over the files of AMASS.

    Args:
        models: Folder of body models; by default what the environment says.
    """

    name = "babel"
    licence = "amass"
    label_names: Mapping[str, tuple[str, ...]] = {"babel": ()}

    def __init__(self, models: str | None = None) -> None:
        self._amass = AmassReader(models)

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip of each segment, or of a motion without segments."""
        data = load(source, MAX_BYTES)
        motions = _motions(parse_json(data))
        sha256 = hashlib.sha256(data).hexdigest()
        names = sorted({c for m in motions.values() for said in _said(m) for c in said.categories})
        found = {sid: _find(source, motion) for sid, motion in motions.items()}
        if not any(found.values()):
            first = next(iter(motions.values()))["feat_p"]
            raise SourceError(
                "unreadable",
                f"labels of {len(motions)} motions of AMASS, none of which lies below this folder",
                expected=f"{first}, here or up to {UP} folders above",
                hint=f"Download AMASS from {PAGE} and unpack it there.",
            )
        for sid, motion in motions.items():
            place = f"{source.uri}#{sid}"
            try:
                recording = self._recording(found[sid], motion)
                yield from self._clips(source, sha256, recording, (sid, motion, names))
            except SourceError as error:
                yield Reject.of(place, error)

    def _recording(self, file: Source | None, motion: Mapping[str, Any]) -> Clip:
        if file is None:
            found = f"no {motion['feat_p'][:200]}"
            raise SourceError("unreadable", found, hint=f"Download it from {PAGE}.")
        (clip,) = self._amass.read(file)
        if isinstance(clip, Reject):
            raise SourceError(clip.code, clip.message)
        return clip

    def _clips(
        self,
        source: Source,
        sha256: str,
        recording: Clip,
        known: tuple[str, Mapping[str, Any], list[str]],
    ) -> Iterator[Clip | Reject]:
        sid, motion, names = known
        segments = _segments(motion)
        whole = [Said("", ())] if not segments else []
        for i, said in enumerate(segments or whole):
            place = f"{sid}/{i:03d}" if segments else sid
            try:
                frames = _frames(said, recording)
                sayings = [said] if segments else _sequence(motion)
                facts, flags = _facts(sayings, names)
                texts = dict.fromkeys(saying.text for saying in sayings if saying.text)
                yield Clip(
                    motion=recording.motion.select_frames(frames),
                    clip_id=f"{self.name}/{source.source_id}/{place}",
                    corpus=self.name,
                    source_uri=source.uri,
                    source_sha256=sha256,
                    frame_index=tuple(frames.tolist()),
                    person_ids=recording.person_ids,
                    captions=tuple(Caption(text) for text in texts),
                    flags=(*recording.flags, *flags, *_cut(said, recording)),
                    licence=self.licence,
                    **facts,
                )
            except SourceError as error:
                yield Reject.of(f"{source.uri}#{place}", error)


def _motions(content: Any) -> dict[str, dict[str, Any]]:
    """The motions of a file by their numbers."""
    fits = isinstance(content, dict) and content
    first = next(iter(content.values())) if fits else None
    if not isinstance(first, dict) or "feat_p" not in first:
        expected = "an object of objects with the key 'feat_p'"
        raise SourceError("format", parse_described(content), expected=expected)
    for sid, motion in content.items():
        path = motion.get("feat_p") if isinstance(motion, dict) else None
        if not isinstance(path, str) or ".." in PurePosixPath(path).parts or path.startswith("/"):
            raise SourceError("format", f"feat_p {path!r:.80}", where=f"motion {sid[:40]}")
    return content


def _find(source: Source, motion: Mapping[str, Any]) -> Source | None:
    """The file of AMASS that a motion is of."""
    fs, path = locate(source.uri)
    stated = PurePosixPath(motion["feat_p"])
    below = [stated, PurePosixPath(*stated.parts[1:])] if len(stated.parts) > 1 else [stated]
    folder = PurePosixPath(path).parent
    for base in [folder, *folder.parents][: UP + 1]:
        for form in FORMS:
            for name in below:
                found = str(base / form / name)
                if fs.exists(found):
                    return Source(name_beside(source.uri, fs, found), str(stated), 0)
    return None


def _annotations(motion: Mapping[str, Any], kind: str) -> list[list[Any]]:
    """Lists of labels, one an annotator: of ``seq_ann``, or of the extra files' ``seq_anns``."""
    one, many = motion.get(kind), motion.get(f"{kind}s")
    held = [one] if isinstance(one, dict) else many if isinstance(many, list) else []
    lists = [note.get("labels") for note in held if isinstance(note, dict)]
    return [labels for labels in lists if isinstance(labels, list)]


def _parse(label: Any) -> Said:
    held = label if isinstance(label, dict) else {}
    text = held.get("raw_label") or held.get("proc_label") or ""
    categories = held.get("act_cat")
    listed = categories if isinstance(categories, list) else []
    start, end = (held.get(key) for key in ("start_t", "end_t"))
    times = [float(t) if isinstance(t, int | float) else 0.0 for t in (start, end)]
    named = tuple(c for c in listed if isinstance(c, str) and c)
    return Said(text.strip() if isinstance(text, str) else "", named, *times)


def _segments(motion: Mapping[str, Any]) -> list[Said]:
    """Parts of a motion with their times, by the first annotator who gave any."""
    return [_parse(label) for label in next(iter(_annotations(motion, "frame_ann")), [])]


def _sequence(motion: Mapping[str, Any]) -> list[Said]:
    """What all annotators said of the whole motion."""
    return [_parse(label) for labels in _annotations(motion, "seq_ann") for label in labels]


def _said(motion: Mapping[str, Any]) -> list[Said]:
    return [*_segments(motion), *_sequence(motion)]


def _frames(said: Said, recording: Clip) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Frames of a recording that a saying is about: all, where it has no times."""
    count, fps = recording.motion.num_frames, recording.motion.fps
    if said.end_s <= 0:
        return np.arange(count)
    first, last = (round(min(max(t * fps, -1), 2 * count)) for t in (said.start_s, said.end_s))
    if not 0 <= first < min(last, count):
        found = f"a segment from {said.start_s:g} to {said.end_s:g} s of {count / fps:g} s"
        raise SourceError("no_frames", found)
    return np.arange(first, min(last, count))


def _cut(said: Said, recording: Clip) -> tuple[str, ...]:
    """The flag of a segment that ends after its motion, by more than is rounded."""
    over = said.end_s - recording.motion.num_frames / recording.motion.fps
    return (CUT_SHORT,) if over > ROUNDED_S else ()


def _facts(sayings: list[Said], names: list[str]) -> tuple[Facts, tuple[str, ...]]:
    """The one category of what was said, or a flag where there are several."""
    categories = {category for said in sayings for category in said.categories}
    if len(categories) != 1:
        return {}, (SEVERAL_LABELS,) if categories else ()
    (label,) = categories
    return {"label": label, "label_id": names.index(label), "label_namespace": "babel"}, ()
