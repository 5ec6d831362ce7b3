// A question to a source, and its answer.

export interface Query {
  /** Words that must all occur, in any column or rationale, as the beginning of a word. */
  readonly text: string;
  /** For each column: one of these words. */
  readonly where: Readonly<Record<string, readonly string[]>>;
  /** For each column: lowest and highest value. */
  readonly range: Readonly<Record<string, readonly [number, number]>>;
  readonly sort: readonly [column: string, way: "up" | "down"] | null;
  readonly offset: number;
  readonly limit: number;
  /** A row whose place among those that fit is asked for. */
  readonly place_of?: number;
}

export interface Answer {
  /** Rows that fit, in all. */
  readonly total: number;
  /** Numbers of the rows of the window. */
  readonly rows: readonly number[];
  readonly ms: number;
  /** Of the row that was asked for; null where it does not fit. */
  readonly place?: number | null;
  /** For each column its words and how many rows each would give, most first. */
  readonly facets: Readonly<Record<string, readonly (readonly [string, number])[]>>;
}

export type Cell = string | number | null | readonly string[];
/** Values of one row by the names of the columns. */
export type Row = Readonly<Record<string, Cell>>;

export const EVERYTHING: Query = {
  text: "",
  where: {},
  range: {},
  sort: null,
  offset: 0,
  limit: 100,
};
