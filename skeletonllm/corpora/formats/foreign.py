"""Files that are not read, and what to do instead: a sentence for each ending that people try."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

_UNPACK = "Unpack it and give the folder; ZIP archives and single .gz files are read as they are."
_VIDEO = "It holds pictures and no joints: run a pose network, and give what that writes."

EXPORT: dict[str, str] = {
    ".fbx": "FBX is a closed format and is not read. Export BVH: in Blender with File > Export > "
    "Motion Capture (.bvh), in MotionBuilder with File > Motion File Export, in Maya or 3ds Max "
    "through one of these.",
    ".blend": "Export BVH: File > Export > Motion Capture (.bvh).",
    ".glb": "Import it into Blender and export BVH: File > Export > Motion Capture (.bvh).",
    ".gltf": "Import it into Blender and export BVH: File > Export > Motion Capture (.bvh).",
    ".tar": _UNPACK,
    ".tgz": _UNPACK,
    ".tbz2": _UNPACK,
    ".txz": _UNPACK,
    ".tar.gz": _UNPACK,
    ".tar.bz2": _UNPACK,
    ".tar.xz": _UNPACK,
    ".bz2": _UNPACK,
    ".xz": _UNPACK,
    ".7z": _UNPACK,
    ".zip": "It cannot be opened as a ZIP archive: fetch it again, or unpack it.",
    ".rar": _UNPACK,
    ".osim": "It is a model and holds no motion: give the .trc of the markers, or a .sto of "
    "positions from OpenSim's BodyKinematics.",
    ".mvn": "Export MVNX: in Xsens MVN with File > Export > MVNX.",
    ".tak": "Export CSV, C3D or BVH: in Motive with File > Export Tracking Data.",
    ".x2d": "Process it in Vicon Nexus, and export C3D or ASCII.",
    ".qtm": "Export C3D or TSV: in QTM with File > Export.",
    ".p3d": "Export C3D: in Theia3D with File > Export, or BVH.",
    ".svo": "Run the JSON export sample of the ZED SDK on it, and give its JSON.",
    ".svo2": "Run the JSON export sample of the ZED SDK on it, and give its JSON.",
    ".mkv": "If it is of an Azure Kinect, run Microsoft's offline_processor on it and give its "
    "JSON; a video holds no joints.",
    ".xef": "Export the skeletons as text: Kinect Studio's own files are not read.",
    ".h5": "Save its array as .npy, in Matlab with save(..., '-v7'), and describe it to the reader "
    "generic: docs/CORPORA.md.",
    ".lfs": "Run `git lfs pull` where it came from.",
    ".xlsx": "Save the sheet as CSV, and describe it to the reader generic: docs/CORPORA.md.",
    ".xls": "Save the sheet as CSV, and describe it to the reader generic: docs/CORPORA.md.",
    ".pt": "Save its joints with numpy.save(..., tensor.numpy()), and describe them to the reader "
    "generic: docs/CORPORA.md.",
    ".pth": "Save its joints with numpy.save(..., tensor.numpy()), and describe them to the reader "
    "generic: docs/CORPORA.md.",
    ".sqlite": "Export its table as CSV, and describe it to the reader generic: docs/CORPORA.md.",
} | dict.fromkeys(
    (".mp4", ".avi", ".mov", ".webm", ".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"), _VIDEO
)
"""What to do with a file of an ending that no reader takes, as sentences."""


def advise(name: str) -> str:
    """What to do with a file that no reader takes; empty where nothing is known of its ending.

    Example:
        >>> advise("walk.FBX")[:30], advise("walk.bvh")
        ('FBX is a closed format and is ', '')
    """
    ending = "".join(PurePosixPath(name.lower().replace("\\", "/")).suffixes[-2:])
    return EXPORT.get(ending) or EXPORT.get(f".{ending.rpartition('.')[2]}", "")


def advise_on(names: Iterable[str]) -> str:
    """The advice for the first of some files that there is advice for, with its name.

    Example:
        >>> advise_on(["readme.md", "walk.tar.gz"])[:40]
        'walk.tar.gz: Unpack it and give the fold'
    """
    for name in names:
        if advice := advise(name):
            return f"{PurePosixPath(name).name}: {advice}"
    return ""
