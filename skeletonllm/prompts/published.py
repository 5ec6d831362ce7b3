"""The published prompt of recognition, byte for byte.

It is ``build_mqa_question`` of the published data/prompts.py, as its training scripts call it. The
published texts of discrimination and of the student of rationales are ours as well. Only this
one differs: it names the data set, tells how the picture was made, and has the classes in the
order of their numbers, in every prompt the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.errors import UsageError
from skeletonllm.prompts.frames import number_frames

PROMPT_VERSION = "published_recognition/1"
"""Goes up with any change of wording or order."""

PUBLISHED_SYSTEM = "You are an expert in video categorization and Human Action Recognition."
"""The system message that the published code trains with: that of its template ``internvl2_5``.

Its data/prompts.py has :data:`skeletonllm.prompts.recognition.SYSTEM` instead, without capitals,
which is sent to the teacher only.
"""

DATA_SETS = {
    "ntu": "NTU RGB+D",
    "nw_ucla": "NW-UCLA",
    "utd_mhad": "UTD-MHAD",
    "pku_mmd": "PKU-MMD",
    "msr_action3d": "MSR Action3D",
    "msr_daily": "MSR DailyActivity3D",
    "sbu_kinect": "SBU Kinect Interaction",
    "utkinect": "UTKinect-Action3D",
    "msrc12": "MSRC-12",
    "human36m": "Human3.6M",
}
"""Label namespace -> the data set as its authors call it. Published is the first only."""


def build_published_recognition_prompt(
    candidates: Sequence[str], *, num_frames: int, namespace: str = ""
) -> str:
    """The published question about one clip.

    Args:
        candidates: Action names, in the order in which they are shown.
        num_frames: Frames that are shown.
        namespace: Of the classes; one that is not in :data:`DATA_SETS` has no name in the text.

    Raises:
        UsageError: Fewer than two candidates, or one of them twice.

    Example:
        >>> text = build_published_recognition_prompt(["sit", "wave"], num_frames=1)
        >>> text.splitlines()[1][:65]
        'This clip is from a dataset for human action recognition. It is r'
    """
    if len(candidates) < 2 or len(set(candidates)) != len(candidates):
        raise UsageError(f"candidates {list(candidates)}", expected="two or more, all different")
    name = DATA_SETS.get(namespace)
    dataset = "a dataset" if name is None else f"the {name} dataset"
    asked = (
        f"This clip is from {dataset} for human action recognition. "
        "It is rendered from skeleton data. "
        "Choose exactly one action label from the list below and answer with the label only:\n"
    )
    return number_frames(num_frames) + asked + "\n".join(candidates)
