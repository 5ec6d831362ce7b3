"""Readers of raw corpora: one format a file, one contract for all."""

from skeletonllm.corpora.arrays import observed
from skeletonllm.corpora.base import (
    Reader,
    Reject,
    Source,
    get_reader,
    read_clips,
    readers,
    register_reader,
)
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.humanml3d import HumanML3DReader
from skeletonllm.corpora.ntu import NtuReader
from skeletonllm.corpora.nw_ucla import NwUclaReader
from skeletonllm.corpora.pose2d import Pose2dReader

__all__ = [
    "Reader",
    "Reject",
    "Source",
    "check_reader",
    "get_reader",
    "list_sources",
    "load",
    "observed",
    "read_clips",
    "readers",
    "register_reader",
]

for _reader in (HumanML3DReader(), NtuReader(), NwUclaReader(), Pose2dReader()):
    register_reader(_reader)
