"""What a motion measurably does: bodies, events in time, and one fixed vector for a clip."""

from skeletonllm.kinematics.descriptor import DESCRIPTOR_FIELDS, descriptor
from skeletonllm.kinematics.events import events
from skeletonllm.kinematics.scene import KINDS, Event
from skeletonllm.kinematics.signals import Body, bodies

__all__ = ["DESCRIPTOR_FIELDS", "KINDS", "Body", "Event", "bodies", "descriptor", "events"]
