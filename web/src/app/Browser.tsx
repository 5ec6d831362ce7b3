// Filters, list and clip, side by side where there is room.

import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Facets } from "../filter/Facets";
import { Chips, Filters, Search } from "../filter/Search";
import { List } from "../list/List";
import { sortChoices } from "../list/shown";
import type { Opening } from "../state/opened";
import type { Results } from "../state/results";
import { go, leftOut, view } from "../state/view";
import { capital, count, counted } from "../state/write";
import { announce } from "./announce";
import { CopyLink } from "./CopyLink";
import { stepClip } from "./keys";
import { Stage } from "./Stage";

interface BrowserProps {
  results: Results;
  opening: Signal<Opening>;
  versus: Signal<Opening>;
}

/** Where filters have room beside the list, and where also beside an open clip. */
const ROOM = { list: "(min-width: 1200px)", clip: "(min-width: 1750px)" };
/** Where they stand above the list, as in browser.css. */
const ONE_COLUMN = "(max-width: 899px)";

export function Browser({ results, opening, versus }: BrowserProps) {
  const open = opening.value !== "none";
  const beside = { list: useRoom(ROOM.list), clip: useRoom(ROOM.clip) };
  const filters = open ? beside.clip : beside.list;
  const panel = useRef<HTMLElement>(null);
  const toggle = () => {
    filters.value = !filters.value;
    if (filters.value && matchMedia(ONE_COLUMN).matches) {
      requestAnimationFrame(() => panel.current?.focus());
    }
  };
  const answer = results.answer.value;
  const total = answer?.total ?? null;
  useEffect(() => {
    // One sentence: the next one would hide what was said before it.
    const lost = leftOutText(leftOut.peek());
    if (total !== null) announce([lost, counted(total, "clip")].filter(Boolean).join(" "));
  }, [answer, total]);
  return (
    <div class={`browser ${filters.value ? "with-filters" : ""} ${open ? "with-stage" : ""}`}>
      {filters.value && (
        <aside class="panel" aria-label="Filters by column" id="filters" ref={panel} tabIndex={-1}>
          <Facets results={results} />
        </aside>
      )}
      <section class="results" aria-label="List of clips" aria-busy={results.busy.value}>
        <Search results={results} />
        <Chips results={results} />
        <Filters results={results} />
        <LeftOut />
        <div class="bar-above">
          <button
            type="button"
            class="button small"
            aria-expanded={filters.value}
            aria-controls={filters.value ? "filters" : undefined}
            onClick={toggle}
          >
            Filters
          </button>
          <p class="total">
            {total === null ? "…" : <b>{count(total)}</b>} of {count(results.source.head.shown)}
            <span class="words"> {results.source.head.shown === 1 ? "clip" : "clips"}</span>
          </p>
          <Sort results={results} />
          {!open && <CopyLink />}
        </div>
        {results.error.value && <Problem results={results} />}
        <List results={results} />
      </section>
      <Stage
        source={results.source}
        opening={opening}
        versus={versus}
        settled={answer !== null && results.whole.value !== null}
        onStep={(by) => void stepClip(results, by)}
      />
    </div>
  );
}

/** Whether something stands there: as there is room at first, then as one wishes. */
function useRoom(query: string): Signal<boolean> {
  return useSignal(matchMedia(query).matches);
}

function Sort({ results }: { results: Results }) {
  const [column, way] = view.value.sort ?? ["", "up"];
  return (
    <div class="sort">
      <label>
        <span class="unseen">Sort by</span>
        <select
          value={column}
          onChange={(event) => {
            const name = event.currentTarget.value;
            go({ sort: name ? [name, name === "quality" ? "down" : "up"] : null });
          }}
        >
          <option value="">release order</option>
          {sortChoices(results.source.head).map(([name, title]) => (
            <option key={name} value={name}>
              {capital(title)}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="quiet"
        disabled={!column}
        title="The other way round"
        onClick={() => go({ sort: [column, way === "up" ? "down" : "up"] })}
      >
        <span aria-hidden="true">{way === "up" ? "↑" : "↓"}</span>
        <span class="unseen">
          {way === "up" ? "Smallest first: turn round" : "Largest first: turn round"}
        </span>
      </button>
    </div>
  );
}

/** What a link asked for in vain. */
function LeftOut() {
  const text = leftOutText(leftOut.value);
  return text === "" ? null : <p class="note">{text}</p>;
}

function leftOutText(names: readonly string[]): string {
  if (names.length === 0) return "";
  const said = names.map((name) => `“${name}”`).join(", ");
  return `This page cannot filter or sort by ${said}, as the link asks: left out.`;
}

function Problem({ results }: { results: Results }) {
  return (
    <div class="problem" role="alert">
      <p>{results.error.value}</p>
      <button type="button" class="button small" onClick={() => results.retry()}>
        Try again
      </button>
    </div>
  );
}
