"""The camera that frames a whole clip: no joint of any frame leaves the picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from skeletonllm.draction.scene.camera import Camera, measure_body_scale, rotate_points
from skeletonllm.draction.scene.segments import find_observed, index_clips, reduce_extent, sum_runs
from skeletonllm.motion_batch import MotionBatch

FOV = math.radians(45.0)
"""That of a normal lens: a wider one makes what is near bulge, a narrower one hides depth."""
MARGIN = 0.04
"""Body metres around the outermost joints: one and a half standard deviations of a limb."""
CLOSEST = 0.2
"""Body metres before the camera in which no joint comes, twice the near plane. A single point has
no extent, and the margin alone would put it before that plane: nothing would be drawn."""
UNDECIDED = 0.3
"""Length of the mean of all bodies' facing directions, 0..1, below which a clip has no front. With
two persons who face each other, or one who turns, the mean direction would be chance."""


class FittedView(nn.Module):
    """Learnable view: yaw and pitch from the natural one, field of view and distance.

    All start at zero offset. A change of the field of view keeps the clip framed (the camera steps
    back as it narrows); ``log_distance`` leaves the frame as it is learnt.
    """

    def __init__(self) -> None:
        super().__init__()
        self.turn = nn.Parameter(torch.zeros(2))
        self.log_fov = nn.Parameter(torch.zeros(()))
        self.log_distance = nn.Parameter(torch.zeros(()))

    def forward(self, batch: MotionBatch, size: int) -> Camera:
        """Cameras that frame their clips, one a clip, as near as the clip allows.

        Camera space is seen from the sensor's direction, world space from the front of the
        persons, image space as it is. Joints get no gradient through the camera.

        A joint lies inside a picture of slope s = tan(fov / 2) if |x - o| + room <= s (z + d). So
        half of max(x - s z) - min(x + s z), and the room, are what s d must hold, and the middle of
        the two is where the camera stands: the largest picture, without a search. A pose in the
        image plane is the same with lines of sight that do not spread.

        Args:
            batch: B clips, any mix of skeletons and spaces.
            size: Height and width of a picture.

        Raises:
            RenderError: A clip has no observed joint.
        """
        joints, clip = batch.joints.detach(), index_clips(batch)
        flat = torch.tensor([space == "image" for space in batch.spaces], device=joints.device)
        half_turn = torch.diag(joints.new_tensor([-1.0, -1.0, 1.0]))  # about z
        natural = _rotation(self.turn) @ _natural_rotation(batch)
        rotation = torch.where(flat[:, None, None], half_turn, natural)
        x = rotate_points(rotation, joints, clip)

        slope = torch.tan(FOV / 2 * self.log_fov.exp())
        spread = torch.where(flat, 0.0, slope)[clip, None] * x[:, 2:]
        edges = torch.cat([x[:, :2] - spread, x[:, :2] + spread, x[:, 2:]], -1)  # [N, 5]
        low, high = reduce_extent(edges, find_observed(batch), clip, len(batch))
        right, left = high[:, :2], low[:, 2:4]
        scale = measure_body_scale(batch)
        reach = ((right - left) / 2 + MARGIN * scale[:, None]).amax(-1)
        middle = (low[:, 4] + high[:, 4]) / 2
        fitted = torch.maximum(reach / slope, CLOSEST * scale - low[:, 4])
        distance = (fitted + middle) * self.log_distance.exp() - middle
        ahead = torch.where(flat, 1.0, distance)
        focal = (size - 1) / 2 / torch.where(flat, reach, slope)
        place = torch.cat([-(right + left) / 2, ahead[:, None]], -1)
        return Camera(_intrinsics(focal, size), _extrinsics(rotation, place), flat)


def _intrinsics(focal: Tensor, size: int) -> Tensor:  # [C, 3, 3]
    middle, zero = torch.full_like(focal, (size - 1) / 2), torch.zeros_like(focal)
    rows = [focal, zero, middle, zero, focal, middle, zero, zero, zero + 1]
    return torch.stack(rows, -1).view(-1, 3, 3)


def _extrinsics(rotation: Tensor, place: Tensor) -> Tensor:  # [C, 4, 4]
    top = torch.cat([rotation, place[:, :, None]], 2)
    last = top.new_tensor([0.0, 0, 0, 1]).expand(len(top), 1, 4)
    return torch.cat([top, last], 1)


def _rotation(angles: Tensor) -> Tensor:
    """Rotation by yaw (about y), then pitch (about x)."""
    (cy, cp), (sy, sp) = angles.cos(), angles.sin()
    one, zero = torch.ones_like(cy), torch.zeros_like(cy)
    about_y = torch.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy]).view(3, 3)
    about_x = torch.stack([one, zero, zero, zero, cp, -sp, zero, sp, cp]).view(3, 3)
    return about_x @ about_y


def _natural_rotation(batch: MotionBatch) -> Tensor:  # [C, 3, 3]
    """Rotation of the natural view: the sensor's, or in world space facing the persons."""
    eye = torch.eye(3, dtype=batch.joints.dtype, device=batch.joints.device)
    if "world" not in batch.spaces:
        return eye.expand(len(batch), 3, 3)
    front = _front_direction(batch)
    up = eye[1].expand_as(front)
    facing = torch.stack([torch.linalg.cross(up, -front), up, -front], 1)
    world = torch.tensor([space == "world" for space in batch.spaces], device=front.device)
    return torch.where(world[:, None, None], facing, eye)


def _front_direction(batch: MotionBatch) -> Tensor:  # [C, 3]
    """The horizontal direction which the persons of each clip face on the whole; else +z.

    The mean over bodies of what lies square to their hips, plus the same of their shoulders.
    """
    joints, observed = batch.joints.detach(), batch.confidence > 0
    pairs, lengths, owner = _side_pairs(batch)
    left, right = joints[pairs[:, 0]], joints[pairs[:, 1]]
    up = joints.new_tensor([0.0, 1.0, 0.0])
    front = torch.linalg.cross(up.expand_as(left), right - left)
    front = front / front.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    both = observed[pairs].all(1).to(front.dtype)
    count = sum_runs(both, lengths).clamp_min(1)
    mean = sum_runs(front * both[:, None], lengths) / count[:, None]
    total = front.new_zeros(len(batch), 3).index_add(0, owner, mean)
    most = front.new_zeros(len(batch)).index_add(0, owner, torch.ones_like(mean[:, 0]))
    size = total.norm(dim=-1)
    decided = (size >= UNDECIDED * most) & (size > 0)
    ahead = total / size.clamp_min(1e-6)[:, None]
    return torch.where(decided[:, None], ahead, joints.new_tensor([0.0, 0.0, 1.0]))


def _side_pairs(batch: MotionBatch) -> tuple[Tensor, Tensor, Tensor]:
    """Left and right hips and shoulders of every body of the clips in world space.

    Returns:
        Rows of ``batch.joints`` [Q, 2], the length of each run of them, and its clip.
    """
    runs, owner = [torch.empty(0, 2, dtype=torch.int64)], []
    for clip, (frames, persons, joints) in enumerate(batch.shapes):
        for name in ("hip", "shoulder") if batch.spaces[clip] == "world" else ():
            ends = [batch.topologies[clip].find(f"{side}_{name}") for side in ("left", "right")]
            if None not in ends:
                first = batch.offsets[clip] + joints * torch.arange(frames * persons)
                runs.append(first[:, None] + torch.tensor(ends))
                owner.append(clip)
    device = batch.joints.device
    lengths = torch.tensor([len(run) for run in runs[1:]], dtype=torch.int64, device=device)
    return torch.cat(runs).to(device), lengths, torch.tensor(owner, device=device).long()
