"""URLs, atomic files, and the plan and manifest of a stage."""

from skeletonllm.storage.files import (
    absolute,
    exists,
    join,
    list_files,
    read_bytes,
    read_json,
    remove_folder,
    sha256_of,
    write_bytes,
    write_json,
)
from skeletonllm.storage.lock import hold_lock
from skeletonllm.storage.plan import (
    MAX_UNIT_ITEMS,
    Plan,
    Unit,
    claim,
    cut_units,
    finish,
    finished,
    read_plan,
    stage_of,
)
from skeletonllm.storage.tables import count_rows, iter_tables, read_table, write_table
from skeletonllm.storage.topologies import TOPOLOGIES, load_topologies, merge_definitions
from skeletonllm.storage.versions import check_json, check_version

__all__ = [
    "MAX_UNIT_ITEMS",
    "TOPOLOGIES",
    "Plan",
    "Unit",
    "absolute",
    "check_json",
    "check_version",
    "claim",
    "count_rows",
    "cut_units",
    "exists",
    "finish",
    "finished",
    "hold_lock",
    "iter_tables",
    "join",
    "list_files",
    "load_topologies",
    "merge_definitions",
    "read_bytes",
    "read_json",
    "read_plan",
    "read_table",
    "remove_folder",
    "sha256_of",
    "stage_of",
    "write_bytes",
    "write_json",
    "write_table",
]
