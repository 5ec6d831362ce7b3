"""The Batch API: files of requests, answered within a day, at half the price.

:class:`.asker.BatchAsker` stands where :class:`skeletonllm.endpoint.asker.Asker` does, with the
same cache and the same ledger. It collects what has no answer yet (:mod:`.spool`), sends it
(:mod:`.service`), and keeps on disk what is under way (:mod:`.records`).
"""
