// Orders of rows by one column. Rows without a value stand last, whichever way one sorts.
import type { Columns, Values } from "./columns";
import { cellOf } from "./columns";

/** Not a column: most observed joints first, then fewest flags. */
export const QUALITY = "quality";

/** Row numbers in the order of a column. */
export function orderBy(columns: Columns, name: string, way: "up" | "down"): Int32Array {
  const order = Int32Array.from({ length: columns.count }, (_, i) => i);
  const [first, second] = keysOf(columns, name);
  if (first === null) return order;
  const sign = way === "up" ? 1 : -1;
  const compare = (key: Float64Array, a: number, b: number): number => {
    const [x, y] = [key[a]!, key[b]!];
    if (x === y) return 0;
    if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : 1;
    return Number.isNaN(y) ? -1 : sign * (x - y);
  };
  return order.sort(
    (a, b) => compare(first, a, b) || (second ? compare(second, a, b) : 0) || a - b,
  );
}

function keysOf(columns: Columns, name: string): [Float64Array | null, Float64Array | null] {
  const values = columns.values.get(name === QUALITY ? "observed" : name);
  if (values === undefined) return [null, null];
  const flags = name === QUALITY ? columns.values.get("flags") : undefined;
  return [keyOf(values, columns.count), flags ? fewest(keyOf(flags, columns.count)) : null];
}

function fewest(counts: Float64Array): Float64Array {
  return counts.map((count) => -count);
}

/** A number for each row that sorts as its value does: sets by their size, words by alphabet. */
function keyOf(values: Values, count: number): Float64Array {
  switch (values.kind) {
    case "number":
      return values.values;
    case "category": {
      const ranks = ranksOf(values.words);
      return Float64Array.from(values.codes, (code) => (code < 0 ? Number.NaN : ranks[code]!));
    }
    case "set":
      return Float64Array.from(
        { length: count },
        (_, i) => values.starts[i + 1]! - values.starts[i]!,
      );
    case "text":
      return ranksOf(Array.from({ length: count }, (_, i) => String(cellOf(values, i) ?? "")));
  }
}

function ranksOf(words: readonly string[]): Float64Array {
  const order = words.map((_, i) => i);
  order.sort((a, b) => (words[a]! < words[b]! ? -1 : words[a]! > words[b]! ? 1 : 0));
  const ranks = new Float64Array(words.length);
  order.forEach((at, place) => {
    const before = order[place - 1];
    // Equal words share a rank.
    const same = before !== undefined && words[before] === words[at];
    ranks[at] = same ? ranks[before]! : place;
  });
  return ranks;
}
