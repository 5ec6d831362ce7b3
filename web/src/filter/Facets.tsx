// Words of each column, with how many clips each would give.
import { useState } from "preact/hooks";
import type { Column } from "../data/source";
import { fold } from "../data/words";
import { hasWord, setRange, toggleWord } from "../state/filters";
import type { Results } from "../state/results";
import { signOf } from "../state/verdicts";
import { view } from "../state/view";
import { count } from "../state/write";

const FIRST = ["change", "verdicts", "label", "corpus", "flags", "subject", "camera", "splits"];
const OPEN = new Set(["change", "verdicts", "label", "corpus", "flags"]);
const FEW = 7;
/** Beyond so many words a box to look for one stands above them. */
const MANY = 15;
const RANGES = ["seconds", "grounded"];

export function Facets({ results }: { results: Results }) {
  const { columns } = results.source.head;
  const whole = results.whole.value?.facets ?? {};
  const worded = columns
    .filter(
      ({ name, kind }) => (kind === "category" || kind === "set") && (whole[name] ?? []).length > 0,
    )
    .sort((a, b) => place(a.name) - place(b.name));
  const numbers = columns.filter(({ kind }) => kind === "number");
  const first = numbers.filter(({ name }) => RANGES.includes(name));
  const others = numbers.filter(({ name }) => !RANGES.includes(name));
  return (
    <div class="facets">
      {first.map((column) => (
        <Range key={column.name} column={column} />
      ))}
      {worded.map((column) => (
        <Facet key={column.name} column={column} results={results} />
      ))}
      {others.length > 0 && (
        <details class="facet">
          <summary>Other numbers</summary>
          {others.map((column) => (
            <Range key={column.name} column={column} />
          ))}
        </details>
      )}
    </div>
  );
}

function place(name: string): number {
  const at = FIRST.indexOf(name);
  return at < 0 ? FIRST.length : at;
}

function Facet({ column, results }: { column: Column; results: Results }) {
  const [all, setAll] = useState(false);
  const [looked, setLooked] = useState("");
  const { name, title } = column;
  const at = view.value;
  const now = new Map(results.answer.value?.facets[name] ?? []);
  const chosen = at.where[name] ?? [];
  const listed = results.whole.value?.facets[name] ?? [];
  const known = [...listed, ...unlisted(chosen, listed)];
  const wanted = fold(looked);
  // What is chosen stays in sight, whatever else is folded away.
  const fitting = known
    .filter(([word]) => fold(word).includes(wanted))
    .sort(
      (a, b) =>
        Number(chosen.includes(b[0])) - Number(chosen.includes(a[0])) ||
        (now.get(b[0]) ?? 0) - (now.get(a[0]) ?? 0),
    );
  const shown = all || wanted ? fitting : fitting.slice(0, Math.max(FEW, chosen.length));
  return (
    <details class="facet" open={OPEN.has(name) || chosen.length > 0}>
      <summary>
        {title}
        {chosen.length > 0 && <span class="badge">{chosen.length} chosen</span>}
      </summary>
      {listed.length > MANY && (
        <input
          type="search"
          class="look"
          aria-label={`Look for a word of ${title}`}
          placeholder={`Look in ${listed.length}`}
          value={looked}
          onInput={(event) => setLooked(event.currentTarget.value)}
        />
      )}
      <ul>
        {shown.map(([word]) => (
          <li key={word} class={now.get(word) ? "" : "void"}>
            <label>
              <input
                type="checkbox"
                checked={hasWord(at, name, word)}
                onChange={() => toggleWord(name, word)}
              />
              <span class="word">
                {name === "verdicts" ? `${signOf(word).sign} ${signOf(word).word}` : word}
              </span>
              <span class="number">{count(now.get(word) ?? 0)}</span>
            </label>
          </li>
        ))}
      </ul>
      {fitting.length > shown.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          All {count(fitting.length)}
          <span class="unseen"> words of {title}</span>
        </button>
      )}
      {all && !wanted && fitting.length > FEW && (
        <button type="button" class="link" onClick={() => setAll(false)}>
          Fewer
          <span class="unseen"> words of {title}</span>
        </button>
      )}
    </details>
  );
}

/** What is chosen and not listed: a link may ask for any word. */
function unlisted(
  chosen: readonly string[],
  listed: readonly (readonly [string, number])[],
): [string, number][] {
  const words = new Set(listed.map(([word]) => word));
  return chosen.filter((word) => !words.has(word)).map((word) => [word, 0]);
}

function Range({ column }: { column: Column }) {
  const { name, title, unit } = column;
  const [low, high] = view.value.range[name] ?? [
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ];
  const step = name === "grounded" || name === "observed" ? 0.05 : "any";
  const field = (end: string, value: number, set: (value: number) => void, open: number) => (
    <label>
      <span class="unseen">
        {title}, {end}
      </span>
      <input
        type="number"
        step={step}
        placeholder={end}
        value={Number.isFinite(value) ? value : ""}
        onChange={(event) => {
          const typed = event.currentTarget.value;
          set(typed === "" ? open : Number(typed));
        }}
      />
    </label>
  );
  return (
    <fieldset class="range">
      <legend>
        {title}
        {unit ? `, ${unit}` : ""}
      </legend>
      {field("from", low, (value) => setRange(name, value, high), Number.NEGATIVE_INFINITY)}
      <span aria-hidden="true">–</span>
      {field("to", high, (value) => setRange(name, low, value), Number.POSITIVE_INFINITY)}
    </fieldset>
  );
}
