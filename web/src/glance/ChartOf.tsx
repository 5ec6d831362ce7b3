// Counts as bars. Bars of a column are buttons: one shows the clips it counts.
import { useState } from "preact/hooks";
import type { Chart } from "../data/source";
import { signOf } from "../state/verdicts";
import { goTo } from "../state/view";
import { capital, count, unitOf } from "../state/write";

const FEW = 8;

export function ChartOf({ chart }: { chart: Chart }) {
  const [all, setAll] = useState(false);
  const { title, unit, bars, column } = chart;
  const most = Math.max(1, ...bars.map(([, value]) => value));
  const shown = all ? bars : bars.slice(0, FEW);
  const ordered = column === undefined && bars.length > 3;
  if (ordered) return <Histogram chart={chart} most={most} />;
  return (
    <section class="card chart">
      <h3>
        {capital(title)} <span class="unit">{unit}</span>
      </h3>
      <ul>
        {shown.map(([label, value]) => (
          <li key={label}>
            <Bar label={label} value={value} most={most} column={column} unit={unit} />
          </li>
        ))}
      </ul>
      {bars.length > FEW && (
        <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${count(bars.length)}`}
          <span class="unseen"> of {title}</span>
        </button>
      )}
    </section>
  );
}

interface BarProps {
  label: string;
  value: number;
  most: number;
  column: string | undefined;
  unit: string;
}

function Bar({ label, value, most, column, unit }: BarProps) {
  const isVerdict = column === "verdicts";
  const { sign, word, tone } = signOf(isVerdict ? label : "");
  const inside = (
    <>
      <span class="bar-label">{isVerdict ? `${sign} ${word}` : label}</span>
      <span class="bar-count">
        {count(value)}
        <span class="unseen"> {unitOf(value, unit)}</span>
      </span>
      <span class={`bar ${isVerdict ? tone : ""}`} aria-hidden="true">
        <span style={{ width: `${Math.max(0.5, (100 * value) / most)}%` }} />
      </span>
    </>
  );
  if (column === undefined) return <div class="bar-row">{inside}</div>;
  return (
    <button
      type="button"
      class="bar-row"
      title={`Show these clips: ${label}`}
      onClick={() => goTo({ where: { [column]: [label] } })}
    >
      {inside}
    </button>
  );
}

/** Upright bars, for counts whose order means something. */
function Histogram({ chart, most }: { chart: Chart; most: number }) {
  const { title, unit, bars } = chart;
  return (
    <section class="card chart">
      <h3>
        {capital(title)} <span class="unit">{unit}</span>
      </h3>
      <ol class="histogram">
        {bars.map(([label, value]) => (
          <li key={label} title={`${label}: ${count(value)}`}>
            <span
              class="column"
              aria-hidden="true"
              style={{ height: `${(100 * value) / most}%` }}
            />
            <span class="unseen">
              {label}: {count(value)} {unitOf(value, unit)}
            </span>
          </li>
        ))}
      </ol>
      <p class="ends" aria-hidden="true">
        <span>{bars[0]?.[0]}</span>
        <span>{bars.at(-1)?.[0]}</span>
      </p>
    </section>
  );
}
