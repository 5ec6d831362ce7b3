"""What a worker has to tell of the data, kept with its checkpoints: a resumed run counts on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from skeletonllm.stream.damage import Damage
from skeletonllm.views.left_out import NOTHING, LeftOut

PATTERN = "told-*.json"
"""Names of the files: one a rank, beside what is trained and no part of it."""


@dataclass(frozen=True)
class Told:
    """What one rank had to tell up to a checkpoint.

    Args:
        warned: Warnings by what gave them: the first text, and how many.
        damaged: Damaged samples that it knows of, by clip.
        left_out: Texts that its view left out.
    """

    warned: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    damaged: Mapping[str, Damage] = field(default_factory=dict)
    left_out: LeftOut = NOTHING

    def write(self, folder: Path, rank: int) -> None:
        """Write it into the folder of a checkpoint.

        Args:
            folder: Of the checkpoint.
            rank: Whose it is.
        """
        data = {
            "warned": dict(self.warned),
            "damaged": [asdict(damage) for damage in self.damaged.values()],
            "left_out": asdict(self.left_out),
        }
        _name(folder, rank).write_text(json.dumps(data))

    @classmethod
    def read_all(cls, folder: Path) -> list[Told]:
        """What all ranks wrote, in their order."""
        count = len(list(folder.glob(PATTERN)))
        return [cls._read(_name(folder, rank)) for rank in range(count)]

    @classmethod
    def _read(cls, path: Path) -> Told:
        data = json.loads(path.read_text())
        damaged = {row["clip_id"]: Damage(**row) for row in data["damaged"]}
        warned = {kind: (text, times) for kind, (text, times) in data["warned"].items()}
        return cls(warned, damaged, LeftOut(**data["left_out"]))


def _name(folder: Path, rank: int) -> Path:
    return folder / PATTERN.replace("*", str(rank))
