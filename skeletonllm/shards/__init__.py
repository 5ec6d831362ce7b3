"""WebDataset tars: how clips become training samples, and how training reads them.

``codec`` and ``writer`` make the tars. ``index`` finds one sample, ``view`` selects samples,
``order`` shuffles them, ``stream`` yields batches. Import the stream from its own module
(``skeletonllm.shards.stream``): only training needs it.
"""

from skeletonllm.shards.codec import Sample, decode, encode, key_of, member_types
from skeletonllm.shards.index import read_index, read_members, read_sample
from skeletonllm.shards.writer import write_shard
from skeletonllm.storage import load_topologies

__all__ = [
    "Sample",
    "decode",
    "encode",
    "key_of",
    "load_topologies",
    "member_types",
    "read_index",
    "read_members",
    "read_sample",
    "write_shard",
]
