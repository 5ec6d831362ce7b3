"""What a motion measurably does: bodies, events in time, and one fixed vector for a clip."""

from skeletonllm.kinematics.bodies import Body, extract_bodies
from skeletonllm.kinematics.descriptor import DESCRIPTOR_FIELDS, compute_descriptor
from skeletonllm.kinematics.events import find_events
from skeletonllm.kinematics.scene import KINDS, Event

__all__ = [
    "DESCRIPTOR_FIELDS",
    "KINDS",
    "Body",
    "Event",
    "compute_descriptor",
    "extract_bodies",
    "find_events",
]
