"""A first YAML for a table or an array: what can be told from the file, and what must be filled in.

Each line has its evidence as a comment. Where nothing in the file tells, the line ends in
``# fill in``, and the reader refuses the YAML until it is.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from skeletonllm.corpora.files import load, plain_path
from skeletonllm.corpora.generic.draft_array import describe_array
from skeletonllm.corpora.generic.draft_lines import Draft
from skeletonllm.corpora.generic.draft_table import describe_table
from skeletonllm.corpora.generic.keys import FILL_IN
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError, UsageError

ARRAYS, TABLES = (".npy", ".npz"), (".csv", ".tsv", ".txt", ".tab", ".parquet")


def draft_layout(path: str) -> str:
    """A first YAML for a file.

    Args:
        path: A table or an array; a path or a URL.

    Raises:
        UsageError: The file is neither, or cannot be looked at.

    Example:
        >>> import tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp(), "a.csv")
        >>> _ = file.write_text("t,LHip_x,LHip_y,LHip_z\\n0.00,1,2,3\\n0.04,1,2,3\\n")
        >>> print(draft_layout(str(file)).splitlines()[8])
        time: t  # 0.04 s apart: 25 frames a second, so that fps: is not needed
    """
    name = PurePosixPath(plain_path(path)).name
    if not name.lower().endswith((*ARRAYS, *TABLES)):
        expected = f"one of {' '.join((*TABLES, *ARRAYS))}"
        raise UsageError(f"{name} is no table or array", expected=expected, where=path)
    draft = Draft()
    draft.note(f"Drafted from {name}. Fill in the lines marked '{FILL_IN}', check the others,")
    draft.note(f"and put it beside the file as {PurePosixPath(name).stem}.yaml, or for a whole")
    draft.note("folder as skeleton.yaml. docs/CORPORA.md says what each line means.")
    try:
        data = load(Source(path, name, 0))
        make = describe_array if name.lower().endswith(ARRAYS) else describe_table
        make(draft, name, data)
    except SourceError as error:
        raise UsageError(f"cannot be drafted: {error}", where=path) from None
    return draft.text()
