"""Readers of raw corpora: one format a file, one contract for all."""

from skeletonllm.corpora.check import check_reader
from skeletonllm.corpora.exchange.pyskl import Pose2dReader
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.generic.reader import GenericReader
from skeletonllm.corpora.kinect.msr_action3d import MsrAction3DReader
from skeletonllm.corpora.kinect.msr_daily import MsrDailyReader
from skeletonllm.corpora.kinect.msrc12 import Msrc12Reader
from skeletonllm.corpora.kinect.ntu_rgbd import NtuReader
from skeletonllm.corpora.kinect.nw_ucla import NwUclaReader
from skeletonllm.corpora.kinect.pku_mmd import PkuMmdReader
from skeletonllm.corpora.kinect.sbu_kinect import SbuReader
from skeletonllm.corpora.kinect.utd_mhad import UtdMhadReader
from skeletonllm.corpora.kinect.utkinect import UtKinectReader
from skeletonllm.corpora.mocap.amass import AmassReader
from skeletonllm.corpora.mocap.asfamc import AsfAmcReader
from skeletonllm.corpora.mocap.bvh import BvhReader
from skeletonllm.corpora.mocap.c3d import C3dReader
from skeletonllm.corpora.mocap.human36m import Human36mReader
from skeletonllm.corpora.mocap.humanml3d import HumanML3DReader
from skeletonllm.corpora.mocap.humanml3d_vectors import HumanML3DVectorsReader
from skeletonllm.corpora.mocap.kit_ml import KitMlReader
from skeletonllm.corpora.pose.alphapose import AlphaPoseReader
from skeletonllm.corpora.pose.coco import CocoReader
from skeletonllm.corpora.pose.kinetics_skeleton import KineticsSkeletonReader
from skeletonllm.corpora.pose.mediapipe import MediaPipeReader
from skeletonllm.corpora.pose.openpose import OpenPoseReader
from skeletonllm.corpora.reader import (
    Reader,
    Reject,
    Source,
    get_reader,
    read_clips,
    readers,
    register_reader,
)
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import observed

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
