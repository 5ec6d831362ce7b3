"""NTU RGB+D 60 and 120: ``.skeleton`` text files of Kinect v2 (Shahroudy et al., CVPR 2016).

    frame count
    per frame:  body count
      per body: bodyID clipedEdges handLeftConfidence handLeftState handRightConfidence
                handRightState isResticted leanX leanY trackingState
                joint count
        per joint: x y z (m)  depthX depthY  colorX colorY  orientation w x y z  trackingState

Files end their lines with LF or CRLF; depth and colour columns may say NaN. A body id is a 64-bit
number that a float would round, so ids stay text. Who a body is follows from its id, not from its
place in the file; ids that the sensor lost and gave anew are joined by normalization, not here.

People record with other sensors into the same grammar: bodies of 32 joints are read as those of
Azure Kinect, of 20 as those of Kinect v1, which is flagged, as it follows from their number. They
are not of NTU's corpus, so their licence is unknown; their names still say what NTU's scheme says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, list_sources, load, own_stem
from skeletonllm.corpora.kinect.ntu_bodies import Bodies, assemble
from skeletonllm.corpora.kinect.ntu_text import Records, parse
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED, SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.validation import observed
from skeletonllm.motion import Motion
from skeletonllm.sensor_topologies import AZURE_32
from skeletonllm.topology import KINECT_V1, KINECT_V2

FPS = 30.0
REACH_M = 100.0
"""Ten times what the sensor sees; beyond lies a broken file, not a room."""

PARSED_BYTES = 32 << 20
"""Text that a process parses before it loads the compiled scanner. The scanner is ten times as
fast, but to load it, numba with it, takes as long as to parse 30 MB, which is 200 files."""

NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})")
"""Setup, camera, performer, replication and action, in file names of this corpus."""


class NtuReader:
    """Reader of ``.skeleton`` files; a file of another name is read too, without a label."""

    name = "ntu_rgbd"
    licence = "ntu_rgbd"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The 120 actions, A001 first."""
        return {"ntu": labels.names("ntu")}

    def sources(self, root: str) -> list[Source]:
        """All ``.skeleton`` files below ``root``."""
        return list_sources(root, ".skeleton", own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file: a row for each body id, in order of appearance."""
        facts = facts_of_name(source.source_id)
        data = load(source)
        bodies = assemble(_records(data))
        motion = _motion(bodies)
        own = (
            {} if motion.num_joints == len(KINECT_V2) else {"licence": "unknown", "flags": _GUESSED}
        )
        yield clip_of(
            self, source, data, motion, person_ids=bodies.ids, slots=bodies.slots, **facts, **own
        )


_TOPOLOGIES = {len(topology): topology for topology in (KINECT_V2, AZURE_32, KINECT_V1)}
_GUESSED = (SKELETON_ASSUMED, FPS_ASSUMED)


def facts_of_name(stem: str) -> Facts:
    """What an NTU file name says, as fields of a Clip; empty for another name.

    Raises:
        SourceError: ``unknown_label`` for an action beyond A120.

    Example:
        >>> facts_of_name("S001C002P003R002A013")["label"]
        'tear up paper'
    """
    match = NAME.fullmatch(stem)
    if match is None:
        return {}
    setup, camera, subject, repetition, action = (int(group) for group in match.groups())
    label, label_id = labels.look_up_label("ntu", action)
    return {
        "setup": str(setup),
        "camera": str(camera),
        "subject": str(subject),
        "repetition": str(repetition),
        "label": label,
        "label_id": label_id,
        "label_namespace": "ntu",
    }


@dataclass
class _Patience:
    """Bytes that this process still parses before it loads the scanner."""

    left: int = PARSED_BYTES


_PATIENCE = _Patience()


def _records(data: bytes) -> Records:
    """The bodies of a file: parsed, or scanned once there were many; both give the same bits."""
    if _PATIENCE.left <= 0:
        return _scanned(data)
    _PATIENCE.left -= len(data)
    return parse(decode(data))


def _scanned(data: bytes) -> Records:
    """The bodies of a file: scanned where it is plain, else parsed, which says what is wrong."""
    from skeletonllm.corpora.kinect.ntu_scan import scan  # noqa: PLC0415 - see PARSED_BYTES

    return scan(data) or parse(decode(data))


def _motion(bodies: Bodies) -> Motion:
    joints, confidence = observed(bodies.joints, bodies.present, bodies.confidence, reach=REACH_M)
    return Motion(
        joints=joints,
        present=bodies.present,
        confidence=confidence,
        topology=_TOPOLOGIES[joints.shape[2]],
        fps=FPS,
        orientations=bodies.orientations,
    )
