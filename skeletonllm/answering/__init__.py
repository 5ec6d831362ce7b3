"""A trained model that is asked about a clip: which action, a caption, why, or any question.

:class:`ClipAsker` loads a checkpoint and answers an :class:`Inquiry` about a clip with a
:class:`Reply`; :mod:`.chat` says the same in the format of OpenAI's chat completions. Importing
this package loads no torch.
"""

from typing import TYPE_CHECKING

from skeletonllm.lazy import lazy_exports

if TYPE_CHECKING:
    from skeletonllm.answering.clip_asker import ClipAsker, Look
    from skeletonllm.answering.inquiry import KINDS, Inquiry
    from skeletonllm.answering.reply import CheckedClaim, Likelihood, Reply

__all__ = ["KINDS", "CheckedClaim", "ClipAsker", "Inquiry", "Likelihood", "Look", "Reply"]

_HOMES = {
    "clip_asker": "ClipAsker Look",
    "inquiry": "KINDS Inquiry",
    "reply": "CheckedClaim Likelihood Reply",
}
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        name: f"skeletonllm.answering.{home}"
        for home, names in _HOMES.items()
        for name in names.split()
    },
)
