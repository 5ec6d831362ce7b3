// The rows of an embedded page, column by column, in arrays that are quick to walk.
import type { Cell, Row } from "./query";

export interface PackedRows {
  readonly n: number;
  readonly columns: Readonly<Record<string, PackedColumn>>;
}

type PackedColumn =
  | { kind: "category"; words: string[]; codes: number[] }
  | { kind: "number"; values: (number | null)[] }
  | { kind: "text"; values: string[] }
  | { kind: "set"; words: string[]; codes: number[][] };

/** One word a row, by its place in `words`; -1 for none. */
export interface CategoryValues {
  readonly kind: "category";
  readonly words: readonly string[];
  readonly codes: Int32Array;
}

/** Numbers; NaN for none. */
export interface NumberValues {
  readonly kind: "number";
  readonly values: Float64Array;
}

export interface TextValues {
  readonly kind: "text";
  readonly values: readonly string[];
}

/** Any number of words a row: those of row i are codes[starts[i]] to codes[starts[i + 1]]. */
export interface SetValues {
  readonly kind: "set";
  readonly words: readonly string[];
  readonly starts: Int32Array;
  readonly codes: Int32Array;
}

export type Values = CategoryValues | NumberValues | TextValues | SetValues;

export interface Columns {
  readonly count: number;
  readonly values: ReadonlyMap<string, Values>;
}

export function unpackColumns(packed: PackedRows): Columns {
  const values = new Map<string, Values>();
  for (const [name, column] of Object.entries(packed.columns)) values.set(name, unpack(column));
  return { count: packed.n, values };
}

function unpack(column: PackedColumn): Values {
  switch (column.kind) {
    case "category":
      return { kind: "category", words: column.words, codes: Int32Array.from(column.codes) };
    case "number":
      return { kind: "number", values: Float64Array.from(column.values, (v) => v ?? Number.NaN) };
    case "text":
      return { kind: "text", values: column.values };
    case "set":
      return unpackSet(column.words, column.codes);
  }
}

function unpackSet(words: string[], lists: number[][]): SetValues {
  const starts = new Int32Array(lists.length + 1);
  lists.forEach((list, i) => {
    starts[i + 1] = starts[i]! + list.length;
  });
  return { kind: "set", words, starts, codes: Int32Array.from(lists.flat()) };
}

export function cellOf(values: Values, row: number): Cell {
  switch (values.kind) {
    case "category":
      return values.words[values.codes[row]!] ?? null;
    case "number": {
      const value = values.values[row]!;
      return Number.isNaN(value) ? null : value;
    }
    case "text":
      return values.values[row] ?? null;
    case "set": {
      const codes = values.codes.subarray(values.starts[row]!, values.starts[row + 1]!);
      return Array.from(codes, (code) => values.words[code]!);
    }
  }
}

export function rowOf(columns: Columns, row: number): Row {
  const cells: Record<string, Cell> = {};
  for (const [name, values] of columns.values) cells[name] = cellOf(values, row);
  return cells;
}
