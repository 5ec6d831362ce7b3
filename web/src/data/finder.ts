// Filters and words over the rows of an embedded page. A plain scan: see docs/DEPENDENCIES.md.
import type { CategoryValues, Columns, SetValues, Values } from "./columns";
import { orderBy } from "./order";
import type { Answer, Query } from "./query";
import { isWordless, spaceWords, splitQuery } from "./words";

interface Condition {
  readonly column: string;
  readonly holds: (row: number) => boolean;
}

export class Finder {
  readonly #columns: Columns;
  /** Words or texts of each column that has any, as they are searched. */
  readonly #spaced = new Map<string, readonly string[]>();
  readonly #orders = new Map<string, Int32Array>();
  /** Rationales and captions by row, as far as they have been read. */
  readonly #said: string[];
  #last: { key: string; rows: Int32Array; facets: Answer["facets"] } | null = null;

  constructor(columns: Columns) {
    this.#columns = columns;
    this.#said = new Array<string>(columns.count).fill("");
  }

  /** Adds what was said about a row to what can be searched. */
  hear(row: number, text: string): void {
    this.#said[row] = spaceWords(text);
    this.#last = null;
  }

  answer(query: Query): Answer {
    const started = performance.now();
    const key = JSON.stringify([query.text, query.where, query.range, query.sort]);
    if (this.#last?.key !== key) this.#last = { key, ...this.#scan(query) };
    const { rows, facets } = this.#last;
    const window = Array.from(rows.subarray(query.offset, query.offset + query.limit));
    const answer = { total: rows.length, rows: window, ms: performance.now() - started, facets };
    if (query.place_of === undefined) return answer;
    const place = rows.indexOf(query.place_of);
    return { ...answer, place: place < 0 ? null : place };
  }

  /** One pass: a row that fails only in one column still counts for the facet of that column. */
  #scan(query: Query): { rows: Int32Array; facets: Answer["facets"] } {
    const { count } = this.#columns;
    const spoken = this.#withWords(query.text);
    const conditions = [...this.#words(query), ...this.#ranges(query)];
    const tally = new Tally(this.#columns);
    const kept = new Uint8Array(count);
    let total = 0;
    for (let row = 0; row < count; row++) {
      if (spoken !== null && spoken[row] === 0) continue;
      let failed: Condition | null = null;
      let fails = 0;
      for (const condition of conditions) {
        if (condition.holds(row)) continue;
        failed = condition;
        if (++fails > 1) break;
      }
      if (fails > 1) continue;
      if (failed !== null) tally.addOnly(failed.column, row);
      else {
        tally.add(row);
        kept[row] = 1;
        total++;
      }
    }
    const rows = new Int32Array(total);
    let at = 0;
    for (const row of this.#order(query.sort)) if (kept[row] === 1) rows[at++] = row;
    return { rows, facets: tally.facets() };
  }

  #order(sort: Query["sort"]): Int32Array {
    const key = sort === null ? "" : sort.join(" ");
    let order = this.#orders.get(key);
    if (order === undefined) {
      const [name, way] = sort ?? ["", "up" as const];
      order = orderBy(this.#columns, name, way);
      this.#orders.set(key, order);
    }
    return order;
  }

  /** A mark for each row in which every word occurs, or null where no word is asked for. */
  #withWords(text: string): Uint8Array | null {
    if (text.trim() === "") return null;
    const marks = new Uint8Array(this.#columns.count);
    if (isWordless(text)) return marks;
    marks.fill(1);
    for (const word of splitQuery(text)) {
      const found = this.#withWord(word);
      for (let row = 0; row < marks.length; row++) marks[row]! &= found[row]!;
    }
    return marks;
  }

  /** A mark for each row with a word that begins so. */
  #withWord(word: string): Uint8Array {
    const start = ` ${word}`;
    const marks = new Uint8Array(this.#columns.count);
    for (let row = 0; row < marks.length; row++) {
      if (this.#said[row]!.includes(start)) marks[row] = 1;
    }
    for (const [name, values] of this.#columns.values) {
      if (values.kind === "number") continue;
      const hits = Uint8Array.from(this.#spacedOf(name, values), (text) => +text.includes(start));
      if (hits.includes(1)) markHits(values, hits, marks);
    }
    return marks;
  }

  #spacedOf(name: string, values: Exclude<Values, { kind: "number" }>): readonly string[] {
    let spaced = this.#spaced.get(name);
    if (spaced === undefined) {
      spaced = (values.kind === "text" ? values.values : values.words).map((text) =>
        spaceWords(text ?? ""),
      );
      this.#spaced.set(name, spaced);
    }
    return spaced;
  }

  #words(query: Query): Condition[] {
    return Object.entries(query.where).flatMap(([column, words]) => {
      const values = this.#columns.values.get(column);
      if (values === undefined || words.length === 0) return [];
      return [{ column, holds: holdsWord(values, new Set(words)) }];
    });
  }

  #ranges(query: Query): Condition[] {
    return Object.entries(query.range).flatMap(([column, [low, high]]) => {
      const values = this.#columns.values.get(column);
      if (values?.kind !== "number") return [];
      const numbers = values.values;
      // NaN, which stands for none, fails both.
      return [{ column, holds: (row) => numbers[row]! >= low && numbers[row]! <= high }];
    });
  }
}

function markHits(
  values: Exclude<Values, { kind: "number" }>,
  hits: Uint8Array,
  marks: Uint8Array,
): void {
  for (let row = 0; row < marks.length; row++) {
    if (marks[row] === 1) continue;
    if (values.kind === "text") marks[row] = hits[row]!;
    else if (values.kind === "category") marks[row] = hits[values.codes[row]!] ?? 0;
    else {
      for (let i = values.starts[row]!; i < values.starts[row + 1]!; i++) {
        marks[row]! |= hits[values.codes[i]!]!;
      }
    }
  }
}

function holdsWord(values: Values, wanted: ReadonlySet<string>): (row: number) => boolean {
  switch (values.kind) {
    case "text":
      return (row) => wanted.has(values.values[row]!);
    case "number":
      return (row) => wanted.has(String(values.values[row]));
    case "category": {
      const marks = values.words.map((word) => wanted.has(word));
      return (row) => marks[values.codes[row]!] ?? false;
    }
    case "set": {
      const marks = values.words.map((word) => wanted.has(word));
      return (row) => {
        for (let i = values.starts[row]!; i < values.starts[row + 1]!; i++) {
          if (marks[values.codes[i]!]) return true;
        }
        return false;
      };
    }
  }
}

interface Counter {
  readonly name: string;
  readonly values: CategoryValues | SetValues;
  readonly counts: Int32Array;
}

/** Counts of words by column. */
class Tally {
  readonly #counters: Counter[] = [];

  constructor(columns: Columns) {
    for (const [name, values] of columns.values) {
      if (values.kind === "category" || values.kind === "set") {
        this.#counters.push({ name, values, counts: new Int32Array(values.words.length) });
      }
    }
  }

  add(row: number): void {
    for (const counter of this.#counters) countRow(counter, row);
  }

  addOnly(name: string, row: number): void {
    const counter = this.#counters.find((one) => one.name === name);
    if (counter !== undefined) countRow(counter, row);
  }

  facets(): Answer["facets"] {
    const facets: Record<string, [string, number][]> = {};
    for (const { name, values, counts } of this.#counters) {
      facets[name] = values.words
        .map((word, code): [string, number] => [word, counts[code]!])
        .filter(([, count]) => count > 0)
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    }
    return facets;
  }
}

function countRow({ values, counts }: Counter, row: number): void {
  if (values.kind === "category") {
    const code = values.codes[row]!;
    if (code >= 0) counts[code]!++;
  } else {
    for (let i = values.starts[row]!; i < values.starts[row + 1]!; i++) counts[values.codes[i]!]!++;
  }
}
