"""What others do to NTU skeletons before they train, faults included, so that ours can be compared.

Each module is one origin: its recipe as a step from a clip as read to a clip, and ``to_origin``,
which writes such a clip the way the origin stores it. docs/PROFILES.md says what they do wrong.
"""
