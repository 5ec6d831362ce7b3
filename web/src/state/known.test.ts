import { describe, expect, it } from "vitest";
import type { Column } from "../data/source";
import { keepKnown } from "./known";
import type { View } from "./view";

const COLUMNS: Column[] = [
  { name: "label", title: "Label", kind: "category" },
  { name: "seconds", title: "Seconds", kind: "number" },
];
const ASKED: View = {
  place: "clips",
  clip: "a/1",
  versus: null,
  time: 0,
  text: "throw",
  where: { label: ["kick"] },
  range: { seconds: [1, 2] },
  sort: ["label", "up"],
};

describe("keepKnown", () => {
  it("keeps what the page has", () => {
    expect(keepKnown(ASKED, COLUMNS)).toEqual({ view: ASKED, unknown: [] });
  });

  it("drops columns that are not here, and questions that a column has no answer to", () => {
    const where = { label: ["kick"], bogus: ["x"], seconds: ["2"] };
    const range: View["range"] = { seconds: [1, 2], label: [0, 1] };
    const asked: View = { ...ASKED, where, range, sort: ["worse", "up"] };
    expect(keepKnown(asked, COLUMNS)).toEqual({
      view: { ...ASKED, sort: null },
      unknown: ["bogus", "seconds", "label", "worse"],
    });
  });

  it("drops a range that has no numbers", () => {
    const asked: View = { ...ASKED, range: { seconds: [Number.NaN, 2] } };
    expect(keepKnown(asked, COLUMNS)).toEqual({
      view: { ...ASKED, range: {} },
      unknown: ["seconds"],
    });
  });

  it("sorts by quality only where it is known how much was observed", () => {
    const asked: View = { ...ASKED, sort: ["quality", "down"] };
    expect(keepKnown(asked, COLUMNS).unknown).toEqual(["quality"]);
    const observed: Column = { name: "observed", title: "Observed", kind: "number" };
    expect(keepKnown(asked, [...COLUMNS, observed]).view.sort).toEqual(["quality", "down"]);
  });
});
