"""Poses as they are read, frame by frame: what cannot be read costs as little as it can.

A person who cannot be read is a reject, and the frame keeps its others. A frame that cannot be read
is a reject and empty, and the clip keeps its others. Persons of another number of joints than most
are rejects too: no clip holds two skeletons. Where everything was refused the refusals say why, and
nothing is said twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from skeletonllm.corpora.pose.detections import People, Pose, check_pose, gather_people
from skeletonllm.corpora.reader import Reject
from skeletonllm.errors import SourceError

UNREAD_FRAMES = "unread_frames"
"""Flag: frames that could not be read are empty; each is a reject."""

UNREAD_PERSONS = "unread_persons"
"""Flag: persons who could not be read are left out; each is a reject."""

MOST_REJECTS = 10_000
"""Persons and frames that are refused one by one; a file of more is refused as a whole."""


class Frames:
    """The frames of a clip that is being read.

    Args:
        uri: Of the source; rejects name it and the place in it.

    Attributes:
        poses: Those that were read, by number of frame.
        rejects: What could not be read, in order.
        flags: What was left out.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.poses: dict[int, list[Pose]] = {}
        self.rejects: list[Reject] = []
        self._places: dict[int, str] = {}
        self._lost: set[str] = set()

    @property
    def flags(self) -> tuple[str, ...]:
        """:data:`UNREAD_FRAMES` and :data:`UNREAD_PERSONS`, where they hold."""
        return tuple(flag for flag in (UNREAD_FRAMES, UNREAD_PERSONS) if flag in self._lost)

    def add_frame(self, number: int) -> None:
        """Note that there is a frame, with or without persons."""
        self.poses.setdefault(number, [])

    def lose_frame(self, place: str, error: SourceError) -> None:
        """Count a frame that cannot be read.

        Args:
            place: Where it is in the source.
            error: Why.
        """
        self._refuse(place, error)
        self._lost.add(UNREAD_FRAMES)

    def add(self, number: int, place: str, read: Callable[[], Pose | None]) -> None:
        """Read one person into a frame; an error costs that person alone.

        Args:
            number: Of the frame.
            place: Where the person is in the source.
            read: Gives the pose, or None where there is no body.
        """
        self.add_frame(number)
        try:
            pose = read()
            if pose is None:
                return
            check_pose(pose)
        except SourceError as error:
            self.lose_person(place, error)
            return
        self._places[id(pose)] = place
        self.poses[number].append(pose)

    def lose_person(self, place: str, error: SourceError) -> None:
        """Count a person who cannot be read.

        Args:
            place: Where the person is in the source.
            error: Why.
        """
        self._refuse(place, error)
        self._lost.add(UNREAD_PERSONS)

    def _refuse(self, place: str, error: SourceError) -> None:
        if len(self.rejects) >= MOST_REJECTS:
            found = f"over {MOST_REJECTS} frames and persons that cannot be read; {place}: {error}"
            raise SourceError("unsafe", found)
        self.rejects.append(Reject.of(f"{self.uri}#{place}", error))

    def people(self) -> People | None:
        """Persons of all frames, or None where everything was refused.

        Raises:
            SourceError: As of :func:`gather_people`, where nothing was refused.
        """
        self._settle()
        if self.rejects and not any(self.poses.values()):
            self.rejects = _kinds(self.rejects)
            return None
        return gather_people(self.poses)

    @property
    def joints(self) -> int:
        """How many joints the persons have: the number that most have; 0 where there is nobody."""
        counts = Counter(len(pose.score) for poses in self.poses.values() for pose in poses)
        return max(counts, key=lambda count: counts[count], default=0)

    @property
    def dims(self) -> int:
        """How many coordinates the joints of most persons have; 0 where there is nobody."""
        counts = Counter(pose.joints.shape[1] for poses in self.poses.values() for pose in poses)
        return max(counts, key=lambda count: counts[count], default=0)

    def apart(self) -> Iterator[tuple[str, Frames]]:
        """Each frame in which somebody is, by its number, as a clip of its own."""
        self._settle()
        for number, poses in self.poses.items():
            if poses:
                alone = Frames(self.uri)
                alone.poses[number] = poses
                yield str(number), alone

    def _settle(self) -> None:
        """Refuse persons of another number of joints than most."""
        usual, dims = self.joints, self.dims
        for number, poses in self.poses.items():
            for pose in poses:
                if pose.joints.shape != (usual, dims):
                    found = f"a person of {' x '.join(map(str, pose.joints.shape))} coordinates"
                    if len(pose.score) != usual:
                        found = f"a person of {len(pose.score)} joints"
                    error = SourceError("format", found, expected=f"{usual}, as most here have")
                    self.lose_person(self._places.get(id(pose), f"frame {number}"), error)
            self.poses[number] = [pose for pose in poses if pose.joints.shape == (usual, dims)]


def _kinds(rejects: list[Reject]) -> list[Reject]:
    """One reject of each kind, the first, with how many were alike."""
    alike = Counter((reject.code, reject.message) for reject in rejects)
    kinds: list[Reject] = []
    for reject in rejects:
        count = alike.pop((reject.code, reject.message), 0)
        if count:
            more = f" ({count} alike)" if count > 1 else ""
            kinds.append(replace(reject, message=f"{reject.message}{more}"))
    return kinds
