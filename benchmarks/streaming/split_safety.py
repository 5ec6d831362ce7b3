"""How much text does each zero-shot split leave out, and which stems tell which class?

    python -m benchmarks.streaming.split_safety --shared ../shared --work build/split_safety

For each split with unseen classes: the share of rationales (those of the offline teacher, on real
clips at hand) and of captions that its training view leaves out, by the rule of whole phrases that
was used before, and by the rule of stems. Of NTU a few clips are at hand; a second row a split says
what would be left out of the rationales of all corpora together. ``--rules`` prints, for each class
of each corpus, the stems that tell it.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.learning.eye.corpus import load_corpus
from benchmarks.table import publish_table
from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.toolkit.labels import names
from skeletonllm.evaluation import get_protocol, list_protocols
from skeletonllm.rationales import KinematicTeacher, Rationale
from skeletonllm.views.left_out import list_texts
from skeletonllm.views.unseen import derive_rules, hide_names
from skeletonllm.views.view import View

WHOLE = ("utd_mhad", "nw_ucla")
SAMPLES = ("ntu_rgbd", "humanml3d")
"""Corpora of which a few clips are at hand, in folders of their names."""
CORPORA = ("ntu", "nw_ucla", "utd_mhad", "msr_action3d", "sbu_kinect", "pku_mmd", "msr_daily")
"""Namespaces whose rules are printed."""


@dataclass(frozen=True)
class Flags:
    """Flags of this benchmark."""

    shared: Path = Path("../shared")
    """Folder that holds ``data``."""
    work: Path = Path("build/split_safety")
    """Where unpacked corpora and the told texts are kept."""
    rules: bool = False
    """Print the stems that tell each class, and end."""
    json: str | None = None
    """Write the table here as well."""


@dataclass(frozen=True)
class Told:
    """One rationale, or one caption.

    Args:
        corpus: Of the clip.
        label: Of the clip; "" if it has none.
        texts: What it says.
    """

    corpus: str
    label: str
    texts: list[str]


def main(flags: Flags) -> int:
    """Print the table of all splits."""
    if flags.rules:
        publish_table("stems that tell a class", list(list_rules()), flags.json)
        return 0
    told = [t for name in (*WHOLE, "ntu_rgbd") for t in tell(name, flags)]
    captions = read_captions(flags)
    rows = [row for name in list_protocols() for row in score_split(name, told, captions)]
    publish_table("share left out of training", rows, flags.json)
    publish_table("speed", [time_texts(told)], None)
    return 0


def list_rules() -> Iterator[dict[str, str]]:
    """A row a class: the sets of stems of which one in a sentence tells it."""
    for corpus in CORPORA:
        for name in names(corpus):
            told = [" + ".join(sorted(stems)) for stems in derive_rules(name).sets]
            yield {"corpus": corpus, "class": name, "told by": ", or ".join(told)}


def tell(name: str, flags: Flags) -> list[Told]:
    """What the offline teacher tells of each labelled clip of a corpus; kept in ``--work``.

    Args:
        name: One of :data:`WHOLE` or :data:`SAMPLES`.
        flags: Where to read and keep.
    """
    kept = flags.work / "told" / f"{name}.json"
    if not kept.exists():
        clips = read_labelled(name, flags)
        rows = [[c.corpus, c.label, _texts(KinematicTeacher().rationale(c))] for c in clips]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(rows))
    return [Told(*row) for row in json.loads(kept.read_text())]


def read_labelled(name: str, flags: Flags) -> list[Clip]:
    """The labelled clips of a corpus in which somebody is seen.

    Args:
        name: One of :data:`WHOLE` or :data:`SAMPLES`.
        flags: Where they lie.
    """
    if name in WHOLE:
        clips: Sequence[Clip] = load_corpus(name, flags.shared, flags.work).clips
    else:
        clips = _read_samples(name, flags)
    return [clip for clip in clips if clip.label and clip.motion.observed.any()]


def read_captions(flags: Flags) -> list[Told]:
    """The captions of the HumanML3D clips at hand."""
    clips = _read_samples("humanml3d", flags)
    return [Told(clip.corpus, "", [c.text]) for clip in clips for c in clip.captions]


def _read_samples(name: str, flags: Flags) -> list[Clip]:
    reader = get_reader(name)
    folder = str(flags.shared / "data" / "samples" / name)
    return [c for source in reader.sources(folder) for c in read_clips(reader, source)[0]]


def _texts(rationale: Rationale) -> list[str]:
    return list_texts(rationale.to_row())


def score_split(
    name: str, told: Sequence[Told], captions: Sequence[Told]
) -> Iterator[dict[str, Any]]:
    """A row for the clips of its own seen classes, and one for the clips of all corpora.

    Args:
        name: Of a protocol; one without unseen classes gives no row.
        told: Rationales of all corpora.
        captions: Of clips without a class.
    """
    view = get_protocol(name).train
    if not view.unseen:
        return
    own = [t for t in told if t.corpus in (view.corpora or ()) and view.shows(t.label)]
    others = [t for t in told if t.label not in view.unseen]
    for whose, rows in (("own", own), ("all", others)):
        yield {
            "split": name,
            "clips of": whose,
            **_shares("rationales", rows, view),
            **(_shares("captions", captions, view) if whose == "own" else _NO_CAPTIONS),
        }


_NO_CAPTIONS = dict.fromkeys(("captions", "captions, phrases", "captions, stems"), "")


def _shares(what: str, rows: Sequence[Told], view: View) -> dict[str, Any]:
    hidden = hide_names(view.unseen)
    before = sum(_phrase_told(row, view.unseen) for row in rows)
    found = [
        next((n for text in row.texts if (n := hidden.find_told(text, row.label))), None)
        for row in rows
    ]
    most = Counter(name for name in found if name).most_common(3)
    shares = {
        what: len(rows),
        f"{what}, phrases": f"{before / max(len(rows), 1):.1%}",
        f"{what}, stems": f"{sum(n is not None for n in found) / max(len(rows), 1):.1%}",
    }
    if what == "rationales":
        shares["most"] = ", ".join(f"{name} {n / len(rows):.0%}" for name, n in most)
    return shares


def _phrase_told(row: Told, unseen: Sequence[str]) -> bool:
    """The rule of before: an unseen name as a whole phrase, outside of the own name."""
    own = _plain(row.label)
    plain = [_plain(text) for text in row.texts]
    plain = [text.replace(own, " | ") for text in plain] if own.strip() else plain
    return any(_plain(name) in text for name in unseen for text in plain)


def _plain(text: str) -> str:
    words = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(words)} "


def time_texts(told: Sequence[Told]) -> dict[str, Any]:
    """Microseconds a rationale and a text, with 60 unseen classes and warm caches."""
    hidden = hide_names(get_protocol("ntu120/60-60").train.unseen)
    some = told[:2000]
    spent = []
    for _ in range(4):
        start = time.process_time()
        for row in some:
            for text in row.texts:
                hidden.find_told(text, row.label)
        spent.append(time.process_time() - start)
    texts = sum(len(row.texts) for row in some)
    best = min(spent) * 1e6
    return {"us a rationale": f"{best / len(some):.0f}", "us a text": f"{best / texts:.1f}"}


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
