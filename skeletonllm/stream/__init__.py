"""How training reads a release: the order of samples, who reads which, and where one is in it.

``order`` and ``schedule`` are pure functions of numbers; ``stream`` reads. Import the stream from
its own module (``skeletonllm.stream.stream``): only training needs it.
"""
