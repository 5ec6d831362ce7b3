"""Files brought to a folder or an object store: each byte once, and on from where it stopped."""

from skeletonllm.storage.transfer.outgoing import OutgoingFile, Sent
from skeletonllm.storage.transfer.receipts import Receipts
from skeletonllm.storage.transfer.sending import remove_others, send_files
from skeletonllm.storage.transfer.stamps import list_stamps

__all__ = [
    "OutgoingFile",
    "Receipts",
    "Sent",
    "list_stamps",
    "remove_others",
    "send_files",
]
