"""One definition of a table: its Arrow schema, its pandera checks and its row rules.

Flat columns are checked by pandera (all faults collected, lazily). Nested columns, hashes and rules
that span columns are checked here: pandera's pyarrow backend does not accept them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandera.pyarrow as pandera

from schemas.versions import is_later

Rule = Callable[[pa.Table], pa.Array | pa.ChunkedArray]
"""Takes a table, gives one boolean a row: True where the rule holds."""


_STRANGE = (AttributeError, LookupError, TypeError, ValueError)
"""What a rule raises where a row is of no form that it knows."""

NAME, VERSION = "skeletonllm.schema", "skeletonllm.schema_version"
"""Keys of a file's metadata."""


@dataclass(frozen=True)
class Check:
    """What the values of a column must fulfil: a check of pandera, by its name.

    It is made only when a table is validated: pandera takes a second to import, and who reads a
    table does not validate it.

    Args:
        name: A method of ``pandera.Check``, for example ``ge``.
        arguments: What the method takes, in order.
    """

    name: str
    arguments: tuple[Any, ...]

    def to_pandera(self) -> pandera.Check:
        """The check as pandera knows it."""
        import pandera.pyarrow as pandera  # noqa: PLC0415 - only who validates waits for it

        return getattr(pandera.Check, self.name)(*self.arguments)


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        name: In the file.
        type: Its Arrow type.
        nullable: Whether it may be null.
        checks: Of its values, by pandera.
        default: What it holds where a file of an earlier minor version lacks it; None: nothing, so
            that a column which such files lack must be nullable.
    """

    name: str
    type: pa.DataType
    nullable: bool = False
    checks: tuple[Check, ...] = ()
    default: Any = None

    @property
    def optional(self) -> bool:
        """Whether a file of an earlier minor version may lack it."""
        return self.nullable or self.default is not None


@dataclass(frozen=True)
class TableSchema:
    """The schema of one table on disk.

    Args:
        name: Stored in the file's metadata as ``skeletonllm.schema``.
        version: Semantic version, stored beside it; :mod:`schemas.versions` says what changes it.
        columns: In file order.
        rules: What must hold across the columns of a row, by name.
        vocabulary: Rules on words of closed sets within nested columns; like all such words they
            are not judged in a table of a later version.
        unique: Columns whose values may not repeat within a table.
    """

    name: str
    version: str
    columns: tuple[Column, ...]
    rules: tuple[tuple[str, Rule], ...] = ()
    vocabulary: tuple[tuple[str, Rule], ...] = ()
    unique: tuple[str, ...] = ()

    @cached_property
    def arrow(self) -> pa.Schema:
        """The pyarrow schema, with name and version as metadata."""
        fields = [pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns]
        return pa.schema(
            fields,
            metadata={NAME: self.name, VERSION: self.version},
        )

    @cached_property
    def pandera(self) -> pandera.DataFrameSchema:
        """The pandera schema of the flat columns; others are only required to be there."""
        import pandera.pyarrow as pandera  # noqa: PLC0415 - only who validates waits for it

        columns = {
            c.name: pandera.Column(
                None if _is_unknown_to_pandera(c.type) else c.type,
                [check.to_pandera() for check in c.checks],
                nullable=c.nullable,
                unique=c.name in self.unique,
            )
            for c in self.columns
        }
        return pandera.DataFrameSchema(columns, strict=True, name=self.name)

    def conform(self, table: pa.Table, columns: Sequence[str] | None = None) -> pa.Table:
        """The table in the columns of this version, whatever minor version it was written in.

        Columns that only a later version knows are left out. Those that an earlier one lacked are
        filled with their default or null. A table of this version stays as it is.

        Args:
            table: As it was read; its metadata states its version.
            columns: Those that were asked for; None for all.
        """
        stated = stated_version(table.schema)
        if stated is None or stated == self.version:
            return table
        for column in self.columns:
            if column.optional and column.name not in table.column_names:
                filled = pa.array([column.default] * len(table), column.type)
                table = table.append_column(self.arrow.field(column.name), filled)
        wanted = self.arrow.names if columns is None else columns
        return table.select([name for name in wanted if name in table.column_names])

    def faults(self, table: pa.Table) -> list[str]:
        """Everything wrong with ``table``, as sentences; empty if it is valid.

        Words of a closed set are not judged in a table of a later version, which may know more.

        Example:
            >>> from schemas import CLIP
            >>> CLIP.faults(CLIP.arrow.empty_table())
            []
        """
        shape = list(self._shape_faults(table.schema))
        if shape:
            return shape
        nulls = list(self._null_faults(table))
        # A rule takes it for granted that no value is missing.
        return [*nulls, *self._pandera_faults(table), *([] if nulls else self._rule_faults(table))]

    def _shape_faults(self, schema: pa.Schema) -> Iterator[str]:
        missing = [name for name in self.arrow.names if name not in schema.names]
        extra = [name for name in schema.names if name not in self.arrow.names]
        if missing or extra:
            yield f"{self.name}: missing columns {missing}, unknown columns {extra}"
            return
        for field in self.arrow:
            found = schema.field(field.name)
            if not found.type.equals(field.type):
                yield f"{self.name}.{field.name}: type {found.type}, expected {field.type}"

    def _null_faults(self, table: pa.Table) -> Iterator[str]:
        for column in self.columns:
            nulls = table.column(column.name).null_count
            if nulls and not column.nullable:
                yield f"{self.name}.{column.name}: {nulls} nulls in a column without nulls"

    def _pandera_faults(self, table: pa.Table) -> Iterator[str]:
        from pandera.errors import SchemaErrors  # noqa: PLC0415 - only who validates waits for it

        ignored = {"not_nullable"}
        if is_later(stated_version(table.schema), self.version):
            ignored.add("isin")
        try:
            self.pandera.validate(table, lazy=True)
        except SchemaErrors as error:
            for case in error.failure_cases.to_pylist():
                if case["check"].partition("(")[0] not in ignored:
                    found = str(case["failure_case"])[:80]
                    yield f"{self.name}.{case['column']}: {found!r} fails {case['check']}"

    def _rule_faults(self, table: pa.Table) -> Iterator[str]:
        later = is_later(stated_version(table.schema), self.version)
        for name, rule in (*self.rules, *(() if later else self.vocabulary)):
            try:
                held = pc.fill_null(rule(table), False)
            except (pa.ArrowException, *_STRANGE) as error:
                why = f"{type(error).__name__}: {error}"
                yield f"{self.name}: rule '{name}' cannot be asked of such rows ({why})"
                continue
            bad = pc.indices_nonzero(pc.invert(held)).to_pylist()
            if bad:
                yield f"{self.name}: rule '{name}' broken in {len(bad)} rows, first {bad[:3]}"


def _is_unknown_to_pandera(kind: pa.DataType) -> bool:
    """Types that its pyarrow backend refuses; they are compared by :meth:`TableSchema.faults`."""
    return bool(pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind))


def stated_version(schema: pa.Schema) -> str | None:
    """The version that a file states in its metadata; None if it states none."""
    return _stated(schema, VERSION)


def stated_name(schema: pa.Schema) -> str | None:
    """The name of the schema that a file states in its metadata; None if it states none."""
    return _stated(schema, NAME)


def _stated(schema: pa.Schema, key: str) -> str | None:
    value = (schema.metadata or {}).get(key.encode())
    return None if value is None else str(value, "utf-8", "replace")


def one_of(*values: str) -> Check:
    """A check that values are in a closed set of words."""
    return Check("isin", (list(values),))


def at_least(low: float) -> Check:
    """A check that values are not below ``low``."""
    return Check("ge", (low,))


def between(low: float, high: float) -> Check:
    """A check that values lie in a closed interval.

    Args:
        low: Smallest value that passes.
        high: Largest value that passes.
    """
    return Check("in_range", (low, high))


def sha256() -> Check:
    """A check for 64 lowercase hexadecimal digits."""
    return Check("str_matches", (r"^[0-9a-f]{64}$",))


def length(column: str, *factors: str | int) -> Rule:
    """A rule: the list in ``column`` has as many items as the product of the factors; null passes.

    Args:
        column: A column of lists.
        factors: Columns of whole numbers, or numbers.
    """

    def rule(table: pa.Table) -> pa.Array:
        expected = pa.scalar(1, pa.int64())
        for factor in factors:
            value = factor if isinstance(factor, int) else table.column(factor).cast(pa.int64())
            expected = pc.multiply(expected, value)
        items = pc.list_value_length(table.column(column)).cast(pa.int64())
        return pc.fill_null(pc.equal(items, expected), True)

    return rule


def finite(*columns: str) -> Rule:
    """A rule: no number is infinite or NaN; null passes.

    Args:
        *columns: Of floats.
    """

    def rule(table: pa.Table) -> pa.Array:
        first, *rest = [pc.fill_null(pc.is_finite(table.column(c)), True) for c in columns]
        for other in rest:
            first = pc.and_(first, other)
        return first

    return rule


def hold_within(table: pa.Table, rows: pa.Array, held: pa.Array) -> pa.Array:
    """For each row of a table, whether all that lies within it holds; what is null does not.

    Args:
        table: Whose rows are asked about.
        rows: The row that each value lies in.
        held: Of each value, whether it holds.
    """
    bad = pc.unique(rows.filter(pc.invert(pc.fill_null(held, False)))).cast(pa.int64())
    return pc.invert(pc.is_in(pa.array(range(len(table)), pa.int64()), value_set=bad))


def null_together(*columns: str) -> Rule:
    """A rule: in each row the columns are all null or all set."""

    def rule(table: pa.Table) -> pa.Array:
        first, *rest = [pc.is_null(table.column(name)) for name in columns]
        held = pc.equal(first, first)
        for other in rest:
            held = pc.and_(held, pc.equal(first, other))
        return held

    return rule


def ordered(low: str, high: str) -> Rule:
    """A rule: ``low <= high`` in every row; null passes.

    Args:
        low: Column of the smaller value.
        high: Column of the larger value.
    """

    def rule(table: pa.Table) -> pa.Array:
        held = pc.less_equal(table.column(low), table.column(high))
        return pc.fill_null(held, True)

    return rule
