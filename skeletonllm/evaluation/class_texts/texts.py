"""Plain sentences of what the body does in each class, frozen before any test part was opened.

A name such as "donning" or "drop trash" says little about a body. The texts say it in plain words,
from the meaning of the name alone. To tune them until a test score rises would be training on the
test part by hand, so their hash stands here in the code: an edited file is refused.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any

from skeletonllm.errors import UsageError

HASHES = {
    "ntu": "8df1458a72309fc53ab2db8e80533ae3985e31207374dd6c09d9627fa9b94c38",
    "nw_ucla": "573300343212cd9e1b132a829d52e245a359d649bd96938fce3b5b4a9f374bb8",
    "sbu_kinect": "9643b604ced8b425c76c37f5987ba6e689d05a6f4ea4e2d1744c375ace53b8a9",
    "utd_mhad": "e28f9ffb292e2a9f4c4fcaef05dca60c4868129e7a86278e46d53a310fe2af6b",
}
"""Label namespace -> SHA-256 of what its file says; see :func:`hash_texts`."""


def load_class_texts(namespace: str) -> dict[str, str]:
    """Class name -> one to three sentences; not for every class of every namespace.

    Raises:
        UsageError: There are no texts of the namespace, or they are not those of :data:`HASHES`.

    Example:
        >>> load_class_texts("sbu_kinect")["hugging"]
        'Two people come close and put their arms around each other, chest to chest.'
    """
    if namespace not in HASHES:
        raise UsageError(
            f"no class texts of {namespace!r}", expected=f"one of {', '.join(sorted(HASHES))}"
        )
    stored = _read_stored(namespace)
    if hash_texts(stored) != HASHES[namespace]:
        raise UsageError(
            "the class texts were edited",
            expected=f"SHA-256 {HASHES[namespace]}, found {hash_texts(stored)}",
            where=f"skeletonllm/evaluation/class_texts/{namespace}.json",
            hint="Restore the file. Texts that change after a test part was opened are no test; "
            "for others, begin with a namespace of your own.",
        )
    texts: dict[str, str] = stored["texts"]
    return texts


def hash_texts(stored: Any) -> str:
    """SHA-256, in hex, of what a file of class texts says, however it is laid out."""
    text = json.dumps(stored, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _read_stored(namespace: str) -> Any:
    folder = files("skeletonllm.evaluation.class_texts")
    return json.loads(folder.joinpath(f"{namespace}.json").read_text("utf-8"))
