"""WebDataset tars: how clips become training samples, and how a trainer gets at them.

``codec`` and ``writer`` make the tars, ``index`` finds one sample, ``order`` and ``view`` say which
come when, ``stream`` gives them out. The stream is imported from its own module
(``skeletonllm.shards.stream``), since only trainers need it.
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
