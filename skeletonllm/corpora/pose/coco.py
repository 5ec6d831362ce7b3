"""COCO keypoints (Lin et al., ECCV 2014) and the many corpora in its form, as JSON.

    {"images": [{"id", "file_name", "width", "height", ...}],
     "annotations": [{"id", "image_id", "category_id", "keypoints": [x1, y1, v1, ...], ...}],
     "categories": [{"id", "name": "person", "keypoints": ["nose", ...]}]}

or a list of results, ``[{"image_id": 785, "category_id": 1, "keypoints": [...], "score"}, ...]``.

An image is a clip of one frame; images of one video (``vid_id`` or ``video_id``, or the folder of
images whose annotations bear a ``track_id``, in CVAT's files among ``attributes``) are one clip, as
in PoseTrack18 and JHMDB, with the last number of the file name as that of the frame. Images of one
folder, or without names, whose numbers run evenly and whose people hardly move from one to the next
are a video too (:mod:`skeletonllm.corpora.pose.coco_videos`). Joints are those that the category
names, if they are words for a human body (:mod:`skeletonllm.corpora.pose.coco_categories`): COCO,
CrowdPose, AI Challenger, MPII, MHP, JHMDB, PoseTrack18, Human-Art and the like. Without names, 17
joints are COCO's, 26 and 136 Halpe's, and 133 COCO-WholeBody's (``skeleton_assumed`` where the
people of the file do not look like it: :mod:`skeletonllm.corpora.pose.joint_orders`), which may
also lie in ``foot_kpts``, ``face_kpts``, ``lefthand_kpts`` and ``righthand_kpts``.

``v`` 0 is a missing joint, 1 one that is labelled but hidden, 2 one that is seen; where a file
knows no 2, 1 is seen. Other third numbers are scores. Annotations without a labelled joint (crowds,
small people) are no persons, but flagged; an image without any person is a reject, and so are
annotations of other things: animals, faces, hands, and boxes without keypoints. An annotation that
cannot be read costs that person alone, and so does another skeleton than most of its video have.

AlphaPose writes lists of results too, with names of pictures for ``image_id``: ``--corpus
alphapose``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.json_text import parse_described, parse_json
from skeletonllm.corpora.pose.coco_categories import topology_of_category
from skeletonllm.corpora.pose.coco_videos import (
    VIDEO_ASSUMED,
    Entry,
    Image,
    Video,
    key_of,
    videos_of,
)
from skeletonllm.corpora.pose.detections import (
    INFERRED,
    Pose,
    check_pose,
    flat_numbers,
    gather_people,
    image_clip,
    track_name,
)
from skeletonllm.corpora.pose.joint_orders import choose_order, crowd
from skeletonllm.corpora.pose.listed_frames import rate_of
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.topology import Topology

MAX_BYTES, MAX_MEMORY = 512 << 20, 4 << 30
"""One file is a whole corpus: person_keypoints_train2017.json has 238 MB."""

UNPOSED_PERSONS = "unposed_persons"
"""Flag: people are annotated in the picture who have no keypoints."""

UNLABELLED_FRAMES = "unlabelled_frames"
"""Flag: frames are empty because nobody annotated them (PoseTrack's ``is_labeled``)."""

WHOLEBODY = ("keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


class CocoReader:
    """Reader of COCO keypoint annotations and results; they name no actions."""

    name = "coco"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip or a reject an image or video, after a reject for each unreadable annotation."""
        data = load(source, MAX_BYTES)
        sha256 = hashlib.sha256(data).hexdigest()
        content = parse_json(data, memory=MAX_MEMORY)
        images, annotations, categories = _tables(content)
        rates = _rates(content)
        del data, content
        yield from self._place(source, images, annotations, categories)
        doubtful = _doubtful(images.values())
        for video in videos_of(images.values()):
            facts = {"doubtful": doubtful, "rate": rates.get(video.name)}
            yield from self._read_video(source, sha256, video, **facts)

    def _read_video(
        self, source: Source, sha256: str, video: Video, **facts: Any
    ) -> Iterator[Clip | Reject]:
        for place, error in _settle(video):
            yield Reject.of(f"{source.uri}#{place}", error)
        images = video.images
        nobody = not any(image.people for image in images)
        if not images or (nobody and any(image.refused for image in images)):
            return  # a reject says why nobody is in it
        try:
            yield self._clip(source, sha256, video, **facts)
        except SourceError as error:
            yield Reject.of(f"{source.uri}#{video.name}", error)

    def _place(
        self,
        source: Source,
        images: dict[str, Image],
        annotations: list[Any],
        categories: Mapping[str, Entry],
    ) -> Iterator[Reject]:
        """Put every annotated person into the image; what cannot be is a reject."""
        hidden = _hidden(annotations)
        for i, annotation in enumerate(annotations):
            try:
                _place_one(images, annotation, _label(annotation, i), categories, hidden)
            except SourceError as error:
                yield Reject.of(f"{source.uri}#annotation {_label(annotation, i)}", error)

    def _clip(
        self, source: Source, sha256: str, video: Video, doubtful: set[str], rate: float | None
    ) -> Clip:
        images = video.images
        topologies = [topology for image in images for topology, _ in image.people]
        people = gather_people(_frames(video))
        flags = [VIDEO_ASSUMED] if video.guessed else []
        if any(image.unnamed for image in images) and topologies[0].name in doubtful:
            flags.append(SKELETON_ASSUMED)
        if any(image.unposed for image in images):
            flags.append(UNPOSED_PERSONS)
        if any(image.entry.get("is_labeled") is False for image in images):
            flags.append(UNLABELLED_FRAMES)
        return image_clip(
            self,
            source,
            sha256,
            people,
            topologies[0],
            part=video.name,
            size=_size(images),
            fps=rate,
            flags=tuple(flags),
        )


def _tables(content: Any) -> tuple[dict[str, Image], list[Any], dict[str, Entry]]:
    """Images by id, annotations, and categories by id."""
    held = content if isinstance(content, dict) else {"annotations": content}
    annotations, listed = held.get("annotations"), held.get("images")
    categories = held.get("categories") or []
    if not isinstance(annotations, list):
        expected = "an object with the list 'annotations', or a list of results"
        raise SourceError("format", parse_described(content), expected=expected)
    posed = [a for a in annotations if isinstance(a, dict) and "keypoints" in a]
    if not posed:
        found = f"{parse_described(annotations)}, none with keypoints"
        raise SourceError("format", found, expected="annotations with keypoints")
    if listed is None:
        _refuse_alphapose(posed)
        listed = [{"id": key} for key in dict.fromkeys(key_of(a.get("image_id")) for a in posed)]
    if not isinstance(listed, list) or not isinstance(categories, list):
        raise SourceError("format", "images or categories that are no list")
    images: dict[str, Image] = {}
    for entry in listed:
        if not isinstance(entry, dict):
            raise SourceError("format", f"an image that is {parse_described(entry)}")
        name = key_of(entry.get("id"))
        if name in images:
            raise SourceError("duplicate_id", f"image {name} twice")
        images[name] = Image(name, entry)
    known: dict[str, Entry] = {}
    known |= {key_of(c.get("id")): c for c in categories if isinstance(c, dict)}
    return images, annotations, known


def _rates(content: Any) -> dict[str, float]:
    """Frames a second of the videos that state it, by their ids."""
    listed = content.get("videos") if isinstance(content, dict) else None
    known = (
        [video for video in listed if isinstance(video, dict)] if isinstance(listed, list) else []
    )
    rates = {str(video.get("id")): rate_of(video) for video in known}
    return {name: rate for name, rate in rates.items() if rate}


def _refuse_alphapose(posed: Sequence[Entry]) -> None:
    """A list of results whose pictures are named by their files is AlphaPose's."""
    names = [entry.get("image_id") for entry in posed]
    if all(isinstance(name, str) and name.lower().endswith(PICTURES) for name in names):
        hint = "AlphaPose names pictures: read it with --corpus alphapose."
        found = f"results of image_id {names[0]!r:.80}"
        raise SourceError("format", found, expected="whole numbers", hint=hint)


def _label(annotation: Any, i: int) -> str:
    named = annotation.get("id") if isinstance(annotation, dict) else None
    return str(named) if type(named) is int else f"at {i}"


def _place_one(
    images: Mapping[str, Image],
    annotation: Any,
    label: str,
    categories: Mapping[str, Entry],
    hidden: float,
) -> None:
    if not isinstance(annotation, dict):
        raise SourceError("format", f"an annotation that is {parse_described(annotation)}")
    image = images.get(key_of(annotation.get("image_id")))
    if image is None:
        raise SourceError("format", f"image_id {annotation.get('image_id')!r:.80} of no image")
    category = categories.get(str(annotation.get("category_id")), {})
    if annotation.get("keypoints") is None:
        image.unposed = True
        return
    refused, image.refused = image.refused, True
    topology, xy, score = _points(annotation, category, hidden)
    pose = Pose(xy, score, _track(annotation))
    check_pose(pose)
    image.refused = refused
    if not (score > 0).any():
        image.unposed = True
        return
    image.tracked |= bool(pose.person)
    image.unnamed |= not category.get("keypoints")
    image.people.append((topology, pose))
    image.labels.append(label)


def _track(annotation: Entry) -> str:
    """Whose track it is; CVAT has it among attributes."""
    attributes = annotation.get("attributes")
    held = attributes if isinstance(attributes, dict) else {}
    return track_name(annotation.get("track_id", held.get("track_id")))


def _doubtful(images: Iterable[Image]) -> set[str]:
    """Skeletons told by the number of their joints alone that nobody's joints bear out.

    All of a file count together: one picture shows too little.
    """
    people: dict[Topology, list[Pose]] = {}
    for image in images:
        for topology, pose in image.people if image.unnamed else ():
            people.setdefault(topology, []).append(pose)
    return {t.name for t, poses in people.items() if choose_order(crowd(poses), [t])[1]}


def _points(annotation: Entry, category: Entry, hidden: float) -> tuple[Topology, Raw, Raw]:
    """Topology, joints [J, 2] and confidence [J] of an annotation."""
    named = category.get("keypoints")
    named = named if isinstance(named, list) else []
    flat = flat_numbers(annotation["keypoints"], 3, "keypoints")
    more = f"keypoints_{len(named)}"
    if all(key in annotation for key in WHOLEBODY):
        flat = np.concatenate([flat_numbers(annotation[key], 3, key) for key in WHOLEBODY])
    elif len(flat) != 3 * len(named) and more in annotation:
        flat = flat_numbers(annotation[more], 3, more)
    if not len(flat) or len(flat) % 3:
        raise SourceError("format", f"keypoints of {len(flat)} numbers", expected="three a joint")
    table = flat.reshape(-1, 3)
    topology = topology_of_category(category, len(table))
    third = table[:, 2]
    flags = np.isin(third, (0, 1, 2)).all()
    score = np.array((0.0, hidden, 1.0))[third.astype(np.int64)] if flags else third
    return topology, table[:, :2], score


def _hidden(annotations: Sequence[Any]) -> float:
    """What v = 1 is worth: 1 in a file that knows no 2 but 0 and 1 only."""
    for annotation in annotations:
        values = annotation.get("keypoints") if isinstance(annotation, dict) else None
        if not isinstance(values, list):
            continue
        nested = bool(values) and isinstance(values[0], list)
        thirds = [row[2:3] for row in values if isinstance(row, list)] if nested else values[2::3]
        if ([2] if nested else 2) in thirds:
            return INFERRED
    return 1.0


def _settle(video: Video) -> Iterator[tuple[str, SourceError]]:
    """Take out what does not fit its video, each with its place.

    Those are images without a number or with that of another, and persons of another skeleton than
    most have.
    """
    numbers: set[int | None] = {None}
    for image in list(video.images) if video.is_one else ():
        if image.number in numbers:
            found = "no number" if image.number is None else f"frame {image.number} twice"
            yield f"image {image.id}", SourceError("format", found, where=f"image {image.id}")
            video.images.remove(image)
        numbers.add(image.number)
    names = Counter(topology.name for image in video.images for topology, _ in image.people)
    usual = max(names, key=lambda name: names[name], default="")
    for image in video.images:
        odd = [i for i, (topology, _) in enumerate(image.people) if topology.name != usual]
        for i in odd:
            found = f"a person of {image.people[i][0].name}"
            expected = f"{usual}, as most here are"
            yield f"annotation {image.labels[i]}", SourceError("format", found, expected=expected)
        image.people = [person for i, person in enumerate(image.people) if i not in odd]
        image.refused |= bool(odd)


def _frames(video: Video) -> dict[int, list[Pose]]:
    """Poses by frame number; a picture of no video is frame 0, and its persons numbered through."""
    if not video.is_one:
        poses = [pose for image in video.images for _, pose in image.people]
        return {0: [Pose(p.joints, p.score, str(i)) for i, p in enumerate(poses)]}
    return {image.number or 0: [pose for _, pose in image.people] for image in video.images}


def _size(video: Sequence[Image]) -> Size | None:
    """The picture's size, where every image states the same."""
    stated = [(i.entry.get("width"), i.entry.get("height")) for i in video]
    width, height = stated[0]
    if type(width) is not int or type(height) is not int or any(s != stated[0] for s in stated):
        return None
    return (width, height) if 0 < width <= 1e5 and 0 < height <= 1e5 else None
