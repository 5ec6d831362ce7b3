// The box for words, the chips that most people come for, and what is filtered by.
import type { ComponentChildren } from "preact";
import {
  clearFilters,
  hasWord,
  isFiltered,
  setRange,
  setText,
  setWords,
  toggleWord,
} from "../state/filters";
import { catchFocus } from "../state/focus";
import type { Results } from "../state/results";
import { signOf, VERDICT_ORDER } from "../state/verdicts";
import { view } from "../state/view";
import { count, number, percent } from "../state/write";

export function Search({ results }: { results: Results }) {
  const { done, of, damage } = results.reading.value;
  return (
    <div class="search">
      <label class="unseen" for="words">
        Search in all columns and rationales
      </label>
      <input
        id="words"
        type="search"
        placeholder="Search labels, clips, words of rationales …"
        autocomplete="off"
        spellcheck={false}
        value={view.value.text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <span class="key" aria-hidden="true">
        /
      </span>
      {done < of && (
        <div class="reading">
          <progress
            aria-label="Rationales read, for the search"
            title="Rationales are still being read"
            value={done}
            max={of}
          />
          {view.value.text !== "" && (
            <p>
              Rationales are still being read ({percent(done / of)}): their words are not all found
              yet.
            </p>
          )}
        </div>
      )}
      {damage !== null && (
        <p class="problem" role="alert">
          Not all rationales can be searched: {damage}
        </p>
      )}
    </div>
  );
}

/** Verdicts with their counts, then flags. */
export function Chips({ results }: { results: Results }) {
  const at = view.value;
  const facets = results.answer.value?.facets ?? {};
  const whole = results.whole.value?.facets ?? {};
  const known = new Map(whole.verdicts ?? []);
  const now = new Map(facets.verdicts ?? []);
  const flagged = (whole.flags ?? []).map(([word]) => word);
  const chosenFlags = at.where.flags ?? [];
  const allFlags = flagged.length > 0 && chosenFlags.length === flagged.length;
  return (
    <fieldset class="chips">
      <legend class="unseen">Quick filters</legend>
      {VERDICT_ORDER.filter(
        (verdict) => known.has(verdict) || (verdict === "contradicted" && known.size > 0),
      ).map((verdict) => {
        const { sign, word, tone } = signOf(verdict);
        return (
          <Chip
            key={verdict}
            tone={known.has(verdict) ? tone : "open"}
            pressed={hasWord(at, "verdicts", verdict)}
            onClick={() => toggleWord("verdicts", verdict)}
          >
            <span aria-hidden="true">{sign}</span> {word} <b>{count(now.get(verdict) ?? 0)}</b>
          </Chip>
        );
      })}
      {flagged.length > 0 && (
        <Chip
          tone="open"
          pressed={allFlags}
          onClick={() => setWords("flags", allFlags ? [] : flagged)}
        >
          <span aria-hidden="true">⚑</span> flagged
        </Chip>
      )}
    </fieldset>
  );
}

interface ChipProps {
  tone: string;
  pressed: boolean;
  onClick: () => void;
  children: ComponentChildren;
}

function Chip({ tone, pressed, onClick, children }: ChipProps) {
  return (
    <button type="button" class={`chip ${tone}`} aria-pressed={pressed} onClick={onClick}>
      {children}
    </button>
  );
}

/** Each filter that holds, with a cross that takes it away. */
export function Filters({ results }: { results: Results }) {
  const at = view.value;
  if (!isFiltered(at)) return null;
  const titles = new Map(results.source.head.columns.map(({ name, title }) => [name, title]));
  const title = (name: string) => titles.get(name) ?? name;
  return (
    <ul class="filters" aria-label="Filters">
      {at.text && <Filter text={`words: ${at.text}`} onRemove={() => setText("")} />}
      {Object.entries(at.where).map(([name, words]) => {
        const said =
          words.length > 3
            ? `${words.length} of them`
            : words.map((w) => (name === "verdicts" ? signOf(w).word : w)).join(" or ");
        return (
          <Filter key={name} text={`${title(name)}: ${said}`} onRemove={() => setWords(name, [])} />
        );
      })}
      {Object.entries(at.range).map(([name, [low, high]]) => (
        <Filter
          key={name}
          text={`${title(name)}: ${rangeText(low, high)}`}
          onRemove={() => setRange(name, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)}
        />
      ))}
      <li>
        <button
          type="button"
          class="link"
          onClick={() => {
            clearFilters();
            catchFocus("#words");
          }}
        >
          Clear all
        </button>
      </li>
    </ul>
  );
}

function rangeText(low: number, high: number): string {
  if (!Number.isFinite(low)) return `at most ${number(high)}`;
  if (!Number.isFinite(high)) return `at least ${number(low)}`;
  return `${number(low)} to ${number(high)}`;
}

function Filter({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <li>
      <button
        type="button"
        class="filter"
        onClick={() => {
          onRemove();
          catchFocus("#words");
        }}
      >
        {text} <span aria-hidden="true">×</span>
        <span class="unseen">: take away</span>
      </button>
    </li>
  );
}
