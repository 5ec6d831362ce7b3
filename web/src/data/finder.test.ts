import { describe, expect, it } from "vitest";
import table from "../../../tests/web/queries.json";
import { type PackedRows, unpackColumns } from "./columns";
import { Finder } from "./finder";
import { EVERYTHING, type Query } from "./query";

// The server answers the same table: tests/skeletonllm/viewer/served/test_finder.py.
function makeFinder(): Finder {
  const { rows } = table;
  const labels = [...new Set(rows.map((row) => row.label).filter((label) => label !== null))];
  const flags = [...new Set(rows.flatMap((row): string[] => row.flags))];
  const packed: PackedRows = {
    n: rows.length,
    columns: {
      clip_id: { kind: "text", values: rows.map((row) => row.clip_id) },
      label: {
        kind: "category",
        words: labels,
        codes: rows.map(({ label }) => (label === null ? -1 : labels.indexOf(label))),
      },
      // As Python writes them: see _plain in skeletonllm/viewer/columns.py.
      seconds: {
        kind: "number",
        values: rows.map(({ seconds }) => (seconds === null ? null : Number(seconds.toFixed(4)))),
      },
      flags: {
        kind: "set",
        words: flags,
        codes: rows.map((row) => row.flags.map((flag: string) => flags.indexOf(flag))),
      },
    },
  };
  const finder = new Finder(unpackColumns(packed));
  rows.forEach((row, i) => {
    finder.hear(i, row.said);
  });
  return finder;
}

const queryOf = (ask: object): Query => ({ ...EVERYTHING, ...ask }) as Query;

describe("Finder", () => {
  it.each(table.queries)("answers $ask", ({ ask, rows, total, place }) => {
    const answer = makeFinder().answer(queryOf(ask));
    expect(answer.rows).toEqual(rows);
    expect(answer.total).toBe(total ?? rows.length);
    expect(answer.place).toBe(place);
  });

  it.each(table.facets)("counts the words of $ask", ({ ask, facets }) => {
    const answer = makeFinder().answer(queryOf(ask));
    expect(answer.facets).toEqual(facets);
  });

  it("finds what was said once it has been heard", () => {
    const finder = makeFinder();
    const query = queryOf({ text: "later" });
    expect(finder.answer(query).total).toBe(0);
    finder.hear(2, "Told later.");
    expect(finder.answer(query).rows).toEqual([2]);
  });
});
