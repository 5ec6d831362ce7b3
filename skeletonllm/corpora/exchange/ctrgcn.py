"""Skeleton sequences as CTR-GCN prepares them (Chen et al., ICCV 2021), and what it makes them of.

    NTU60_CS.npz              x_train [N, 300, 150], y_train [N, 60] one-hot; x_test, y_test
    raw_denoised_joints.pkl   a list of [T, 75] or [T, 150]
    raw_skes_data.pkl         a list of {"name", "num_frames", "data": {body id: {"joints"
                              [25 n, 3], "interval": n frame numbers}}}
    skes_available_name.txt   the names of the sequences of a pickle, one a line; beside it, or in
                              ``statistics`` beside its folder

150 numbers are 25 joints of Kinect v2 of two persons, metres, person after person; those of an
absent one are zeros. In the ``.npz`` the origin is the middle of the spine in the first frame, and
names are lost: clips are numbered, ``train/000000``. It is NTU RGB+D where its name or that of its
folder says so and it has 60 or 120 classes; else, and for a pickle without names, skeleton and unit
are assumed.
"""

from __future__ import annotations

import hashlib
import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.corpora.exchange.kinect_arrays import JOINTS, make_kinect_motion, unfold
from skeletonllm.corpora.files import decode, list_sources, load, plain_path
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.npy_rows import (
    MAX_ROWS,
    hash_file,
    open_archive,
    open_file,
    open_member,
)
from skeletonllm.corpora.formats.safe_pickle import PickledArray, load_pickle
from skeletonllm.corpora.kinect.ntu_rgbd import facts_of_name
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.assumed import FORMAT_ASSUMED
from skeletonllm.corpora.toolkit.clips import part_of
from skeletonllm.corpora.toolkit.labels import SEVERAL_LABELS, Facts
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.licences import UNKNOWN

MAX_PICKLE = 4 << 30
MAX_CLASSES = 10_000
SPLITS = ("train", "val", "valid", "test", "all")
NTU_CLASSES = (60, 120)
NAMES = "skes_available_name.txt"

Array = npt.NDArray[Any]


class CtrGcnReader:
    """Reader of the ``.npz`` with rows of 75 or 150 numbers, and of the pickles before it."""

    name = "ctrgcn"
    licence = "ntu_rgbd"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The NTU actions, and the open namespace ``ctrgcn`` of numbered classes."""
        return {"ntu": labels.names("ntu"), "ctrgcn": ()}

    def sources(self, root: str) -> list[Source]:
        """All ``.npz`` and ``.pkl`` files below ``root``."""
        return list_sources(root, ".npz", ".pkl")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip of each sequence."""
        if plain_path(source.uri).lower().endswith(".npz"):
            with open_file(source) as (file, _):
                yield from self._archive(source, file)
        else:
            yield from self._pickle(source)

    def _archive(self, source: Source, file: IO[bytes]) -> Iterator[Clip | Reject]:
        archive = open_archive(file)
        splits = _splits(archive)
        sha256 = hash_file(file)
        named = "ntu" in "/".join(PurePosixPath(plain_path(source.uri)).parts[-2:]).lower()
        for split in splits:
            marks = _marks(archive, _name("y", split))
            rows = open_member(archive, _name("x", split))
            if math.prod(rows.shape[2:]) not in (75, 150):
                found = f"{_name('x', split)} {rows.shape}"
                raise SourceError("format", found, expected="[N, T, 150] or [N, T, 75]")
            if marks is not None and len(marks) != rows.shape[0]:
                found = f"{rows.shape[0]} sequences in x_{split}, and {len(marks)} in y_{split}"
                raise SourceError("format", found, expected="as many of each")
            check_size(rows.shape[1], math.prod(rows.shape[2:]) // 75, JOINTS)
            is_ntu = named and marks is not None and _are_of_ntu(marks)
            for i, entry in enumerate(rows.entries):
                place = f"{split}/{i:06d}"
                try:
                    facts, flags = _facts(None if marks is None else marks[i], is_ntu)
                    yield self._clip(source, sha256, place, _folded(entry), (facts, flags, is_ntu))
                except SourceError as error:
                    yield Reject.of(f"{source.uri}#{place}", error)

    def _pickle(self, source: Source) -> Iterator[Clip | Reject]:
        data = load(source, MAX_PICKLE)
        content = load_pickle(data)
        if not isinstance(content, list | tuple) or not content or len(content) > MAX_ROWS:
            found = f"a pickle of {type(content).__name__}"
            raise SourceError("format", found, expected="a list of sequences")
        sha256, names = hashlib.sha256(data).hexdigest(), _names_beside(source, len(content))
        seen: set[str] = set()
        for i, held in enumerate(content):
            try:
                name, points = _sequence(held)
                name = name or (names[i] if names else f"{i:06d}")
                if name in seen:
                    raise SourceError("duplicate_id", f"the name {name!r:.80} a second time")
                seen.add(name)
                facts = facts_of_name(name)
                flags = () if facts else (FORMAT_ASSUMED,)
                yield self._clip(source, sha256, name, points, (facts, flags, bool(facts)))
            except SourceError as error:
                yield Reject.of(f"{source.uri}#{i}", error)

    def _clip(
        self,
        source: Source,
        sha256: str,
        place: str,
        rows: Raw,
        known: tuple[Facts, tuple[str, ...], bool],
    ) -> Clip:
        facts, flags, is_ntu = known
        points = rows if rows.ndim == 4 else unfold(rows)
        motion, noticed = make_kinect_motion(points, is_ntu)
        return part_of(
            self,
            source,
            sha256,
            place,
            motion,
            flags=(*flags, *noticed),
            licence=self.licence if is_ntu else UNKNOWN,
            **facts,
        )


def _name(letter: str, split: str) -> str:
    """Of the array of a split; one of a file without splits is called x."""
    return letter if split == "all" else f"{letter}_{split}"


def _splits(archive: zipfile.ZipFile) -> list[str]:
    names = {info.filename.removesuffix(".npy") for info in archive.infolist()}
    found = [split for split in SPLITS if _name("x", split) in names]
    if not found:
        shown = f"the arrays {', '.join(sorted(names))[:200]}"
        raise SourceError("format", shown, expected="x_train and y_train, or x_test and y_test")
    return found


def _marks(archive: zipfile.ZipFile, name: str) -> Array | None:
    """Labels of a split: one-hot rows [N, K], or numbers [N]; None where there are none."""
    if f"{name}.npy" not in archive.namelist():
        return None
    rows = open_member(archive, name)
    if len(rows.shape) not in (1, 2) or any(count > MAX_CLASSES for count in rows.shape[1:]):
        raise SourceError("format", f"{name} {rows.shape}", expected="[N, K] or [N]")
    entries = [*rows.entries]
    return np.stack(entries) if entries else np.zeros(rows.shape)


def _are_of_ntu(marks: Array) -> bool:
    """Whether labels are those of 60 or 120 actions."""
    if marks.ndim == 2:
        return marks.shape[1] in NTU_CLASSES
    return bool(((marks >= 0) & (marks < max(NTU_CLASSES))).all())


def _facts(mark: Array | None, is_ntu: bool) -> tuple[Facts, tuple[str, ...]]:
    """What a row of marks says, and the flag where it marks more than one class."""
    if mark is None:
        return {}, ()
    if mark.ndim == 0:
        number = float(mark)
        classes = [int(number)] if number >= 0 and number.is_integer() else []
    else:
        classes = np.flatnonzero(np.nan_to_num(mark) > 0.5).tolist()
    if len(classes) != 1:
        return {}, (SEVERAL_LABELS,) if classes else ()
    if is_ntu:
        label, label_id = labels.look_up_label("ntu", classes[0] + 1)
        return {"label": label, "label_id": label_id, "label_namespace": "ntu"}, ()
    number = min(classes[0], 2**31 - 1)
    return {"label": f"class {number}", "label_id": number, "label_namespace": "ctrgcn"}, ()


def _folded(entry: Array) -> Raw:
    """Rows [T, 75 M] of an entry, which some keep unfolded."""
    return _quiet(entry).reshape(len(entry), -1)


def _quiet(array: Array) -> Raw:
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        return array.astype(np.float64) + 0.0


def _sequence(held: Any) -> tuple[str, Raw]:
    """The name, if it is there, and the rows [T, 75 M] or the points [T, M, 25, 3]."""
    if isinstance(held, PickledArray):
        return "", _rows(held)
    if isinstance(held, dict) and isinstance(held.get("data"), dict):
        return str(held.get("name") or "")[:200], _bodies(held)
    raise SourceError("format", f"a {type(held).__name__}", expected="an array [T, 75] or a dict")


def _rows(held: Any) -> Raw:
    if not isinstance(held, PickledArray) or held.size > 3 * MAX_POSITIONS:
        raise SourceError("format", f"a {type(held).__name__} in place of an array of joints")
    array = np.asarray(held)
    unfolded = array.ndim == 3 and array.shape[1:] == (JOINTS, 3)
    if not (unfolded or array.ndim == 2) or array.dtype.kind != "f":
        found = f"an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected="floats [T, 75] or [T, 150]")
    return _quiet(array).reshape(len(array), -1)


def _bodies(held: Mapping[str, Any]) -> Raw:
    """Points [T, M, 25, 3] of a dict of bodies, zeros where one is absent."""
    frames, bodies = held.get("num_frames"), list(held["data"].values())
    if type(frames) is not int or not all(isinstance(body, dict) for body in bodies):
        found = f"num_frames {frames!r:.40} and {len(bodies)} bodies"
        raise SourceError("format", found, expected="a number, and a dict of each body")
    check_size(max(frames, 0), len(bodies), JOINTS)
    points = np.zeros((frames, len(bodies), JOINTS, 3))
    for body, one in enumerate(bodies):
        joints, at = _rows(one.get("joints")), one.get("interval")
        numbers = at if isinstance(at, list) else []
        fits = joints.size == 3 * JOINTS * len(numbers)
        if not fits or any(type(n) is not int or not 0 <= n < frames for n in numbers):
            found = f"joints {joints.shape} of {len(numbers)} frames of {frames}"
            raise SourceError("format", found, expected="25 rows a frame, of frames that are there")
        points[numbers, body] = joints.reshape(-1, JOINTS, 3)
    return points


def _names_beside(source: Source, count: int) -> list[str]:
    """Names of the sequences of a pickle, if a list of as many lies beside."""
    fs, path = locate(source.uri)
    folder = path.rpartition("/")[0]
    above = folder.rpartition("/")[0]
    for place in (folder, f"{folder}/statistics", f"{above}/statistics"):
        beside = "/".join(filter(None, (place, NAMES)))
        if fs.exists(beside):
            try:
                text = decode(load(Source(name_beside(source.uri, fs, beside), NAMES, 0)))
            except SourceError:
                return []
            names = [line.strip().removesuffix(".skeleton") for line in text.split("\n")]
            named = [name for name in names if name]
            if len(named) != count:
                found = f"{count} sequences, and {len(named)} names in {NAMES}"
                raise SourceError("format", found, expected="as many of each")
            return named
    return []
