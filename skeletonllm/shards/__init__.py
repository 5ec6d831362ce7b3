"""WebDataset tars: how clips become training samples, and back.

``codec`` and ``writer`` make the tars, ``index`` finds one sample, ``members`` takes it apart and
``hashes`` tells whether it is whole. :mod:`skeletonllm.views` selects
among them, :mod:`skeletonllm.stream` reads them in order.
"""

from skeletonllm.shards.codec import Sample, decode, encode, key_of, member_types
from skeletonllm.shards.hashes import hash_bytes, hash_content
from skeletonllm.shards.index import read_index, read_sample
from skeletonllm.shards.members import read_members
from skeletonllm.shards.writer import write_shard
from skeletonllm.storage import load_topologies

__all__ = [
    "Sample",
    "decode",
    "encode",
    "hash_bytes",
    "hash_content",
    "key_of",
    "load_topologies",
    "member_types",
    "read_index",
    "read_members",
    "read_sample",
    "write_shard",
]
