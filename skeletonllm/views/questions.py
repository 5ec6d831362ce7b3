"""The questions of a release by clip, from the table beside its tars."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas import QUESTION
from skeletonllm.errors import SchemaError
from skeletonllm.shards.checked_files import read_checked_table
from skeletonllm.shards.manifest import find_manifest
from skeletonllm.storage import exists, join, list_files, read_table, stage_of
from skeletonllm.storage.layout import table_file
from skeletonllm.storage.plan import StatedFile, stated_parts
from skeletonllm.views.clip_rows import ClipRows

QUESTIONS = table_file("questions")
"""Of a release and beside shards: rows of :data:`schemas.QUESTION`, sorted by clip."""
MADE_BY = "build_questions"
"""The stage that makes questions of motions; others may come from anywhere."""
COUNT = "num_questions"
"""Column of the index; the only one that is not made of the sample itself."""


def has_questions(folder: str) -> bool:
    """Whether a release, or a folder of shards, has a table of questions.

    Args:
        folder: Of a release, or of a shards stage.
    """
    return find_manifest(folder).has(QUESTIONS)


def sort_questions(table: pa.Table) -> pa.Table:
    """The table in the order in which it is looked up: by clip, then by question.

    Args:
        table: Rows of :data:`schemas.QUESTION`; those that are in order are not copied.
    """
    clips = table.column("clip_id")
    if len(table) < 2 or pc.all(pc.less_equal(clips[:-1], clips[1:])).as_py():
        return table
    return table.sort_by([("clip_id", "ascending"), ("question_id", "ascending")])


class Questions(ClipRows):
    """All questions of a release; they stay in Arrow, and rows are made of those asked for.

    Args:
        table: Rows of :data:`schemas.QUESTION`, in any order.

    Example:
        >>> Questions(QUESTION.arrow.empty_table()).of("lab/1")
        ()
    """

    def __init__(self, table: pa.Table) -> None:
        super().__init__(sort_questions(table))

    @classmethod
    def open(cls, folder: str) -> Questions:
        """Those of a release, or of a folder of shards.

        Args:
            folder: Of a release, or of a shards stage.

        Raises:
            ReleaseError: The table is not the one that the manifest lists.
            SchemaError: The table is of another major version.
        """
        return cls(read_checked_table(folder, QUESTIONS, find_manifest(folder), QUESTION))


def list_question_files(source: str) -> dict[str, str | StatedFile]:
    """Name below the folder -> every file of questions; "" of a file alone.

    Args:
        source: As of :func:`read_questions`.

    Raises:
        UsageError: ``build-questions`` has not finished the folder.
    """
    if source.endswith(".parquet"):
        return {"": source} if exists(source) else {}
    if stage_of(source) == MADE_BY:
        return {part.url.rpartition("/")[2]: part for part in stated_parts([source], MADE_BY)}
    names = [name for name in list_files(source) if name.endswith(".parquet")]
    return {name: join(source, name) for name in names}


def read_questions(source: str) -> pa.Table:
    """All questions of a file or of a folder of files, checked and sorted by clip.

    Args:
        source: A parquet file of :data:`schemas.QUESTION`, a folder of such, or the folder that
            ``build-questions`` wrote.

    Raises:
        SchemaError: A table is of another schema or breaks its own; lists every fault.
        UsageError: ``build-questions`` has not finished it.
    """
    found = [read_table(url, schema=QUESTION) for url in list_question_files(source).values()]
    table = pa.concat_tables([QUESTION.arrow.empty_table(), *found])
    faults = QUESTION.faults(table)
    if faults:
        raise SchemaError("; ".join(faults), where=source)
    return sort_questions(table)


def add_question_counts(index: pa.Table, questions: pa.Table) -> pa.Table:
    """The index with the number of questions about each clip, which views select by.

    Args:
        index: Rows of :data:`schemas.SAMPLE`.
        questions: Rows of :data:`schemas.QUESTION`, of these clips and of any others.
    """
    counted = pc.value_counts(questions.column("clip_id"))
    clips, counts = counted.field("values"), counted.field("counts")
    found = pc.index_in(index.column("clip_id"), value_set=clips)
    numbers = pc.fill_null(pc.take(counts, found), 0).cast(pa.int32())
    at = index.schema.get_field_index(COUNT)
    return index.set_column(at, index.schema.field(at), numbers)
