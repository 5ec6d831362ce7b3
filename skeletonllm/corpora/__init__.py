"""Readers of raw corpora: one format a file, one contract for all.

A new reader is one new file, and one line at the end of this one. No reader is imported before it
is asked for.
"""

from typing import TYPE_CHECKING

from skeletonllm.corpora.base import (
    Reader,
    Reject,
    Source,
    declare_reader,
    get_reader,
    read_clips,
    reader_names,
    readers,
    register_reader,
)
from skeletonllm.lazy import lazy_exports

if TYPE_CHECKING:
    from skeletonllm.corpora.arrays import observed
    from skeletonllm.corpora.check import check_reader
    from skeletonllm.corpora.files import list_sources, load
    from skeletonllm.corpora.whole import clip_of, motion_of

__all__ = [
    "Reader",
    "Reject",
    "Source",
    "check_reader",
    "clip_of",
    "declare_reader",
    "get_reader",
    "list_sources",
    "load",
    "motion_of",
    "observed",
    "read_clips",
    "reader_names",
    "readers",
    "register_reader",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "check_reader": "skeletonllm.corpora.check",
        "clip_of": "skeletonllm.corpora.whole",
        "list_sources": "skeletonllm.corpora.files",
        "load": "skeletonllm.corpora.files",
        "motion_of": "skeletonllm.corpora.whole",
        "observed": "skeletonllm.corpora.arrays",
    },
)

declare_reader("alphapose", "skeletonllm.corpora.alphapose:AlphaPoseReader")
declare_reader("amass", "skeletonllm.corpora.amass:AmassReader")
declare_reader("amass_hands", "skeletonllm.corpora.amass:AmassReader", hands=True)
declare_reader("asfamc", "skeletonllm.corpora.asfamc:AsfAmcReader")
declare_reader("bvh", "skeletonllm.corpora.bvh:BvhReader")
declare_reader("c3d", "skeletonllm.corpora.c3d:C3dReader")
declare_reader("coco", "skeletonllm.corpora.coco:CocoReader")
declare_reader("generic", "skeletonllm.corpora.generic:GenericReader")
declare_reader("human36m", "skeletonllm.corpora.human36m:Human36mReader")
declare_reader("humanml3d", "skeletonllm.corpora.humanml3d:HumanML3DReader")
declare_reader("humanml3d_vectors", "skeletonllm.corpora.humanml3d_vectors:HumanML3DVectorsReader")
declare_reader("kinetics_skeleton", "skeletonllm.corpora.kinetics_skeleton:KineticsSkeletonReader")
declare_reader("kit_ml", "skeletonllm.corpora.kit_ml:KitMlReader")
declare_reader("kit_ml_vectors", "skeletonllm.corpora.kit_ml:KitMlReader", vectors=True)
declare_reader("mediapipe", "skeletonllm.corpora.mediapipe:MediaPipeReader")
declare_reader("mediapipe_world", "skeletonllm.corpora.mediapipe:MediaPipeReader", world=True)
declare_reader("msr_action3d", "skeletonllm.corpora.msr_action3d:MsrAction3DReader")
declare_reader("msr_daily", "skeletonllm.corpora.msr_daily:MsrDailyReader")
declare_reader("msrc12", "skeletonllm.corpora.msrc12:Msrc12Reader")
declare_reader("ntu_rgbd", "skeletonllm.corpora.ntu:NtuReader")
declare_reader("nw_ucla", "skeletonllm.corpora.nw_ucla:NwUclaReader")
declare_reader("openpose", "skeletonllm.corpora.openpose:OpenPoseReader")
declare_reader("pku_mmd", "skeletonllm.corpora.pku_mmd:PkuMmdReader")
declare_reader("pku_mmd_background", "skeletonllm.corpora.pku_mmd:PkuMmdReader", background=True)
declare_reader("pose2d", "skeletonllm.corpora.pose2d:Pose2dReader")
declare_reader("sbu_kinect", "skeletonllm.corpora.sbu:SbuReader")
declare_reader("utd_mhad", "skeletonllm.corpora.utd_mhad:UtdMhadReader")
declare_reader("utkinect", "skeletonllm.corpora.utkinect:UtKinectReader")
declare_reader(
    "utkinect_background", "skeletonllm.corpora.utkinect:UtKinectReader", background=True
)
