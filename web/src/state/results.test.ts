import { describe, expect, it, vi } from "vitest";
import type { Answer, Reading, Source } from "../data/source";
import { Results } from "./results";
import { START, view } from "./view";

// The view is kept in the address of a page, and here is none.
vi.hoisted(() => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("window", { addEventListener: () => {} });
});

/** A source that finds as many rows as it is told, and says when more texts have been read. */
function makeSource() {
  let found = 2;
  let asked = 0;
  let told: (reading: Reading) => void = () => {};
  const source = {
    head: { mode: "embedded" },
    query: async () => ({ total: found, rows: [...Array(found).keys()], ms: asked++ }),
    rows: async (at: readonly number[]) => at.map((i) => ({ clip_id: `a/${i}` })),
    onReading: (listener: (reading: Reading) => void) => {
      told = listener;
    },
  } as unknown as Source;
  return {
    source,
    read: (finds: number) => {
      found = finds;
      told({ done: 1, of: 2, damage: null });
    },
  };
}

async function settled(results: Results): Promise<Answer | null> {
  await vi.waitFor(() => expect(results.busy.value).toBe(false));
  return results.answer.value;
}

describe("a list that is searched while texts are still being read", () => {
  it("stays as it is when they hold none of the words, and grows when they do", async () => {
    view.value = { ...START, place: "clips", text: "kick" };
    const { source, read } = makeSource();
    const results = new Results(source);
    const first = await settled(results);
    read(2);
    expect(await settled(results)).toBe(first);
    read(3);
    expect((await settled(results))?.total).toBe(3);
  });
});
