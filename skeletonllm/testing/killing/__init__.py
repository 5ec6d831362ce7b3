"""What is killed with ``kill -9`` and run again: what it leaves must not differ by a byte.

:mod:`.stages` are those that write parts, :mod:`.cuts` cut a release, here or into a store, while
:mod:`.reader` looks at it again and again from a process of its own.
"""
