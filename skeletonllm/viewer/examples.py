"""A clip of each class, to play beside one that is taken for it."""

from __future__ import annotations

NONE = -1


class Examples:
    """The first row of each class, and of each class and skeleton."""

    def __init__(self) -> None:
        self._first: dict[tuple[str | None, ...], int] = {}

    def add(self, row: int, namespace: str | None, label: str | None, topology: str | None) -> None:
        """Add a row, in order.

        Args:
            row: Its number.
            namespace: Of its class.
            label: Its class.
            topology: Its skeleton.
        """
        self._first.setdefault((namespace, label, topology), row)
        self._first.setdefault((namespace, label), row)

    def find(self, namespace: str | None, label: str | None, topology: str | None) -> int:
        """A row of the class, of the same skeleton where there is one; -1 where there is none.

        Args:
            namespace: Of the class.
            label: The class.
            topology: Of the clip beside which it is played.
        """
        of_class = self._first.get((namespace, label), NONE)
        return self._first.get((namespace, label, topology), of_class)
