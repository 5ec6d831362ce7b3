"""Which reader each input of :mod:`benchmarks.ingest.confusion` is for, by the start of its name.

The longest start decides. An empty tuple means that nothing in the file says what it is: a layout,
or a person, has to.
"""

from __future__ import annotations

EACH = 12
"""Most entries of a folder of samples that are identified one by one."""

NOBODY: tuple[str, ...] = ()
MEDIAPIPE = ("mediapipe", "mediapipe_world")

TRUTH: dict[str, tuple[str, ...]] = {
    "samples/msr_daily3d": ("msr_daily",),
    "samples/ntu_rgbd_lists": NOBODY,
    "samples/mediapipe": MEDIAPIPE,
    "samples/pyskl/example_NTU-RGB-D_sketeton.npy": NOBODY,
    "samples/utd_mhad/Action_List.txt": NOBODY,
    "samples/utd_mhad/Skeleton_joint_order.txt": NOBODY,
    "samples/utkinect/labels": NOBODY,
    "samples/humanml3d/Mean.npy": NOBODY,
    "samples/humanml3d/Std.npy": NOBODY,
    "samples/humanml3d": ("humanml3d", "humanml3d_vectors"),
    "samples/msr_action3d/a13_s09_e02_skeleton.txt": NOBODY,
    "cases/alphapose": ("alphapose",),
    "cases/amass": ("amass", "amass_hands"),
    "cases/arrays/ctrgcn": ("ctrgcn",),
    "cases/arrays/humanml": ("humanml3d", "humanml3d_joints"),
    "cases/arrays/mdm": ("mdm",),
    "cases/arrays/mhformer": ("lifted_poses",),
    "cases/arrays/motionbert": ("lifted_poses",),
    "cases/arrays/motiongpt": ("motiongpt",),
    "cases/arrays/pyskl": ("pyskl",),
    "cases/arrays/stgcn": ("stgcn",),
    "cases/asfamc": ("asfamc",),
    "cases/bvh-names": ("bvh",),
    "cases/bvh-nan": ("bvh",),
    "cases/bvh-quirks": ("bvh",),
    "cases/c3d": ("c3d",),
    "cases/coco-names": ("coco",),
    "cases/generic": ("generic",),
    "cases/generic/o3_freemocap": ("generic", "freemocap"),
    "cases/generic/o_freemocap": ("generic", "freemocap"),
    "cases/kinect": ("ntu_rgbd",),
    "cases/kinect/kinectazure": ("kinect_azure", "ntu_rgbd"),
    "cases/mediapipe": MEDIAPIPE,
    "cases/openpose": ("openpose",),
    "cases/packed": ("bvh",),
    "cases/pose-networks/mmpose": ("mmpose",),
    "cases/pose-networks/movenet": ("movenet",),
    "cases/pose-networks/openpifpaf": ("openpifpaf",),
    "cases/pose-networks/yolo": ("ultralytics",),
    "cases/real/dab.bvh": ("bvh",),
    "cases/real/markers.trc": ("trc",),
    "cases/real/test_mocap.mvnx": ("mvnx",),
    "cases/real/vicon_markers.csv": ("vicon_csv",),
    "cases/real": ("c3d",),
    "cases/render": ("bvh",),
    "cases/same-names": ("bvh",),
    "cases/unlabelled/kinetics": ("kinetics_skeleton",),
    "cases/unlabelled/mmskeleton": ("mmskeleton", "kinetics_skeleton"),
}


def truth_of(name: str) -> tuple[str, ...]:
    """The readers that are right about an input; none where it does not say what it is.

    Example:
        >>> truth_of("cases/arrays/mdm"), truth_of("corpora/nw_ucla"), truth_of("samples/bvh/a.bvh")
        (('mdm',), ('nw_ucla',), ('bvh',))
    """
    known = max((start for start in TRUTH if name.startswith(start)), key=len, default=None)
    return TRUTH[known] if known is not None else (name.split("/")[1],)
