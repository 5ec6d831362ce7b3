"""Readers of raw corpora: one format a file, one contract for all."""

from skeletonllm.corpora.alphapose import AlphaPoseReader
from skeletonllm.corpora.amass import AmassReader
from skeletonllm.corpora.arrays import observed
from skeletonllm.corpora.asfamc import AsfAmcReader
from skeletonllm.corpora.base import (
    Reader,
    Reject,
    Source,
    get_reader,
    read_clips,
    readers,
    register_reader,
)
from skeletonllm.corpora.bvh import BvhReader
from skeletonllm.corpora.c3d import C3dReader
from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.coco import CocoReader
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.generic import GenericReader
from skeletonllm.corpora.human36m import Human36mReader
from skeletonllm.corpora.humanml3d import HumanML3DReader
from skeletonllm.corpora.humanml3d_vectors import HumanML3DVectorsReader
from skeletonllm.corpora.kinetics_skeleton import KineticsSkeletonReader
from skeletonllm.corpora.kit_ml import KitMlReader
from skeletonllm.corpora.mediapipe import MediaPipeReader
from skeletonllm.corpora.msr_action3d import MsrAction3DReader
from skeletonllm.corpora.msr_daily import MsrDailyReader
from skeletonllm.corpora.msrc12 import Msrc12Reader
from skeletonllm.corpora.ntu import NtuReader
from skeletonllm.corpora.nw_ucla import NwUclaReader
from skeletonllm.corpora.openpose import OpenPoseReader
from skeletonllm.corpora.pku_mmd import PkuMmdReader
from skeletonllm.corpora.pose2d import Pose2dReader
from skeletonllm.corpora.sbu import SbuReader
from skeletonllm.corpora.utd_mhad import UtdMhadReader
from skeletonllm.corpora.utkinect import UtKinectReader
from skeletonllm.corpora.whole import clip_of, motion_of

__all__ = [
    "Reader",
    "Reject",
    "Source",
    "check_reader",
    "clip_of",
    "get_reader",
    "list_sources",
    "load",
    "motion_of",
    "observed",
    "read_clips",
    "readers",
    "register_reader",
]

for _reader in (
    AlphaPoseReader(),
    AmassReader(),
    AmassReader(hands=True),
    AsfAmcReader(),
    BvhReader(),
    C3dReader(),
    CocoReader(),
    GenericReader(),
    Human36mReader(),
    HumanML3DReader(),
    HumanML3DVectorsReader(),
    KineticsSkeletonReader(),
    KitMlReader(),
    KitMlReader(vectors=True),
    MediaPipeReader(),
    MediaPipeReader(world=True),
    MsrAction3DReader(),
    MsrDailyReader(),
    Msrc12Reader(),
    NtuReader(),
    NwUclaReader(),
    OpenPoseReader(),
    PkuMmdReader(),
    PkuMmdReader(background=True),
    Pose2dReader(),
    SbuReader(),
    UtdMhadReader(),
    UtKinectReader(),
    UtKinectReader(background=True),
):
    register_reader(_reader)
