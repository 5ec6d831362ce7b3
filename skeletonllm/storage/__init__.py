"""URLs, atomic files, and the plan and manifest of a stage."""

from skeletonllm.storage.files import (
    count_rows,
    exists,
    iter_tables,
    join,
    list_files,
    read_bytes,
    read_json,
    read_table,
    sha256_of,
    write_bytes,
    write_json,
    write_table,
)
from skeletonllm.storage.plan import (
    MAX_UNIT_ITEMS,
    Plan,
    Unit,
    claim,
    cut_units,
    finish,
    finished,
    parts,
)

__all__ = [
    "MAX_UNIT_ITEMS",
    "Plan",
    "Unit",
    "claim",
    "count_rows",
    "cut_units",
    "exists",
    "finish",
    "finished",
    "iter_tables",
    "join",
    "list_files",
    "parts",
    "read_bytes",
    "read_json",
    "read_table",
    "sha256_of",
    "write_bytes",
    "write_json",
    "write_table",
]
