"""Readers of raw corpora: one format a file, one contract for all.

A new reader is one new file, and one line at the end of this one. No reader is imported before it
is asked for.
"""

from typing import TYPE_CHECKING

from skeletonllm.corpora.reader import (
    Reader,
    Reject,
    Source,
    declare_reader,
    get_reader,
    read_clips,
    reader_names,
    readers,
    register_reader,
    resolve_corpus,
)
from skeletonllm.lazy import lazy_exports

if TYPE_CHECKING:
    from skeletonllm.corpora.check import check_reader
    from skeletonllm.corpora.files import list_sources, load
    from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
    from skeletonllm.corpora.toolkit.validation import observed

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
    "resolve_corpus",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "check_reader": "skeletonllm.corpora.check",
        "clip_of": "skeletonllm.corpora.toolkit.clips",
        "list_sources": "skeletonllm.corpora.files",
        "load": "skeletonllm.corpora.files",
        "motion_of": "skeletonllm.corpora.toolkit.clips",
        "observed": "skeletonllm.corpora.toolkit.validation",
    },
)

declare_reader("alphapose", "skeletonllm.corpora.pose.alphapose:AlphaPoseReader")
declare_reader("amass", "skeletonllm.corpora.mocap.amass:AmassReader")
declare_reader("amass_hands", "skeletonllm.corpora.mocap.amass:AmassReader", hands=True)
declare_reader("asfamc", "skeletonllm.corpora.mocap.asfamc:AsfAmcReader")
declare_reader("babel", "skeletonllm.corpora.mocap.babel:BabelReader")
declare_reader("bvh", "skeletonllm.corpora.mocap.bvh:BvhReader")
declare_reader("c3d", "skeletonllm.corpora.mocap.c3d:C3dReader")
declare_reader("coco", "skeletonllm.corpora.pose.coco:CocoReader")
declare_reader("ctrgcn", "skeletonllm.corpora.exchange.ctrgcn:CtrGcnReader")
declare_reader("etri", "skeletonllm.corpora.exchange.etri:EtriReader")
declare_reader("freemocap", "skeletonllm.corpora.labs.freemocap:FreeMoCapReader")
declare_reader("generic", "skeletonllm.corpora.generic.reader:GenericReader")
declare_reader("human36m", "skeletonllm.corpora.mocap.human36m:Human36mReader")
declare_reader("humanml3d", "skeletonllm.corpora.mocap.humanml3d:HumanML3DReader")
declare_reader("humanml3d_joints", "skeletonllm.corpora.mocap.humanml3d:HumanML3DReader", raw=True)
declare_reader(
    "humanml3d_vectors", "skeletonllm.corpora.mocap.humanml3d_vectors:HumanML3DVectorsReader"
)
declare_reader("interhuman", "skeletonllm.corpora.generators.interhuman:InterHumanReader")
declare_reader(
    "interhuman_smpl",
    "skeletonllm.corpora.generators.interhuman_smpl:InterHumanSmplReader",
)
declare_reader("kinect_azure", "skeletonllm.corpora.labs.kinect_azure:AzureKinectReader")
declare_reader(
    "kinetics_skeleton", "skeletonllm.corpora.pose.kinetics_skeleton:KineticsSkeletonReader"
)
declare_reader("kit_ml", "skeletonllm.corpora.mocap.kit_ml:KitMlReader")
declare_reader("kit_ml_vectors", "skeletonllm.corpora.mocap.kit_ml:KitMlReader", vectors=True)
declare_reader("lifted_poses", "skeletonllm.corpora.exchange.lifted_poses:LiftedPosesReader")
declare_reader("mdm", "skeletonllm.corpora.generators.mdm:MdmReader")
declare_reader("mediapipe", "skeletonllm.corpora.pose.mediapipe:MediaPipeReader")
declare_reader("mediapipe_world", "skeletonllm.corpora.pose.mediapipe:MediaPipeReader", world=True)
declare_reader("mmpose", "skeletonllm.corpora.pose.networks.mmpose:MMPoseReader")
declare_reader("mmskeleton", "skeletonllm.corpora.pose.networks.mmskeleton:MMSkeletonReader")
declare_reader("motion_x", "skeletonllm.corpora.generators.motion_x:MotionXReader")
declare_reader(
    "motion_x_hands", "skeletonllm.corpora.generators.motion_x:MotionXReader", hands=True
)
declare_reader("motiongpt", "skeletonllm.corpora.generators.motiongpt:MotionGptReader")
declare_reader("movenet", "skeletonllm.corpora.pose.networks.movenet:MoveNetReader")
declare_reader("msr_action3d", "skeletonllm.corpora.kinect.msr_action3d:MsrAction3DReader")
declare_reader("msr_daily", "skeletonllm.corpora.kinect.msr_daily:MsrDailyReader")
declare_reader("msrc12", "skeletonllm.corpora.kinect.msrc12:Msrc12Reader")
declare_reader("mvnx", "skeletonllm.corpora.labs.mvnx:MvnxReader")
declare_reader("ntu_npy", "skeletonllm.corpora.exchange.ntu_npy:NtuNpyReader")
declare_reader("ntu_rgbd", "skeletonllm.corpora.kinect.ntu_rgbd:NtuReader")
declare_reader("nw_ucla", "skeletonllm.corpora.kinect.nw_ucla:NwUclaReader")
declare_reader("openpifpaf", "skeletonllm.corpora.pose.networks.openpifpaf:OpenPifPafReader")
declare_reader("openpose", "skeletonllm.corpora.pose.openpose:OpenPoseReader")
declare_reader("opensim_mot", "skeletonllm.corpora.labs.opensim_mot:OpenSimReader")
declare_reader("optitrack_csv", "skeletonllm.corpora.labs.optitrack_csv:OptiTrackCsvReader")
declare_reader("pku_mmd", "skeletonllm.corpora.kinect.pku_mmd:PkuMmdReader")
declare_reader(
    "pku_mmd_background", "skeletonllm.corpora.kinect.pku_mmd:PkuMmdReader", background=True
)
declare_reader("pyskl", "skeletonllm.corpora.exchange.pyskl:PysklReader")
declare_reader("qualisys_tsv", "skeletonllm.corpora.labs.qualisys_tsv:QualisysReader")
declare_reader("sbu_kinect", "skeletonllm.corpora.kinect.sbu_kinect:SbuReader")
declare_reader("stgcn", "skeletonllm.corpora.exchange.stgcn:StGcnReader")
declare_reader(
    "toyota_smarthome", "skeletonllm.corpora.exchange.toyota_smarthome:ToyotaSmarthomeReader"
)
declare_reader(
    "toyota_smarthome_2d",
    "skeletonllm.corpora.exchange.toyota_smarthome:ToyotaSmarthomeReader",
    picture=True,
)
declare_reader("trc", "skeletonllm.corpora.labs.trc:TrcReader")
declare_reader("ultralytics", "skeletonllm.corpora.pose.networks.ultralytics:UltralyticsReader")
declare_reader("utd_mhad", "skeletonllm.corpora.kinect.utd_mhad:UtdMhadReader")
declare_reader("utkinect", "skeletonllm.corpora.kinect.utkinect:UtKinectReader")
declare_reader(
    "utkinect_background", "skeletonllm.corpora.kinect.utkinect:UtKinectReader", background=True
)
declare_reader("vicon_csv", "skeletonllm.corpora.labs.vicon_csv:ViconCsvReader")
declare_reader("visual3d", "skeletonllm.corpora.labs.visual3d:Visual3DReader")
declare_reader("vitpose", "skeletonllm.corpora.pose.networks.vitpose:ViTPoseReader")
declare_reader("zed", "skeletonllm.corpora.labs.zed:ZedReader")
