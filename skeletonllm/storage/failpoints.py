"""Named moments at which a test can freeze a process, to kill it exactly there.

With ``SKELETONLLM_FAILPOINT=<moment>:<text>:<file>`` set, the first writer that reaches the moment
with a file name that contains the text creates ``<file>``, which holds the id of its process, and
sleeps until it is killed; all later ones pass. An empty text is in every name. Without the variable
this costs one dictionary look-up.
"""

from __future__ import annotations

import os
import time

VARIABLE = "SKELETONLLM_FAILPOINT"


def reach(moment: str, name: str) -> None:
    """Freeze here, for ever, if the environment names this moment and this file.

    Args:
        moment: Name of this moment in the program, for example ``before_rename``
            of a local file and ``before_upload`` of an object of a store.
        name: Name of the file that is being written.
    """
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    at, text, flag = wanted.split(":", 2)
    if at != moment or text not in name:
        return
    try:
        file = os.open(flag, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return  # another process froze here first
    os.write(file, str(os.getpid()).encode())
    os.close(file)
    while True:
        time.sleep(60)
