"""How far DrAction with `formula="published"` is from the published renderer's own arrays.

python -m benchmarks.rendering.goldens --shared ../shared
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks.table import publish_table
from skeletonllm.testing.rendering.goldens import (
    FRAME_TOLERANCE,
    GOLDENS,
    GRADIENT_TOLERANCE,
    measure_frame_error,
    measure_gradient_errors,
)


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    shared: Path = Path("../shared")
    """Folder that holds golden/."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    errors = {f"{name}: frames": measure_frame_error(flags.shared, name) for name in GOLDENS}
    errors |= {f"gradients: {name}": e for name, e in measure_gradient_errors(flags.shared).items()}
    rows = []
    for name, error in errors.items():
        bound = GRADIENT_TOLERANCE if "grad " in name else FRAME_TOLERANCE
        kind = "norm / norm" if "grad " in name else "largest, absolute"
        rows.append({"array": name, "error": f"{error:.1e}", "bound": bound, "measured as": kind})
    publish_table("DrAction against the published renderer", rows, flags.json)
    return 0 if all(float(row["error"]) < float(row["bound"]) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
