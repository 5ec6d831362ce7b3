// What there is, on one page: before anyone asks.
import type { ComponentChildren } from "preact";
import type { Head, Overview } from "../data/source";
import type { Results } from "../state/results";
import { signOf } from "../state/verdicts";
import { goTo, type View } from "../state/view";
import { capital, count, counted, unitOf } from "../state/write";
import { ChartOf } from "./ChartOf";
import { Markdown } from "./Markdown";
import { TableOf } from "./TableOf";

export function Glance({ head, results }: { head: Head; results: Results | null }) {
  const { charts, tables, findings, changes, lineage } = head.overview;
  const labels = new Set((results?.whole.value?.facets.label ?? []).map(([word]) => word));
  return (
    <div class="glance">
      <Facts facts={head.overview.facts} />
      {head.note && <p class="note">{head.note}</p>}
      <Starts head={head} results={results} />
      {findings.length > 0 && <Findings findings={findings} />}
      {charts.length > 0 && (
        <Part title="What it is made of">
          <div class="cards">
            {charts
              .filter((chart) => chart.bars.length > 1)
              .map((chart) => (
                <ChartOf key={chart.title} chart={chart} />
              ))}
            <Same charts={charts.filter((chart) => chart.bars.length === 1)} />
          </div>
        </Part>
      )}
      {tables.length > 0 && (
        <Part title="In numbers">
          <div class="cards of-tables">
            {tables
              .filter((table) => table.rows.length > 0)
              .map((table) => (
                <TableOf key={table.title} table={table} labels={labels} />
              ))}
          </div>
        </Part>
      )}
      {changes && (
        <Part title="What changed">
          <Markdown text={changes} />
        </Part>
      )}
      {lineage.length > 0 && (
        <Part title="Where it comes from">
          <dl class="lineage">
            {lineage.map(([name, value], i) => (
              <div key={i}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </Part>
      )}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="part" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Facts that begin with a number stand large, the others in a list below. */
function Facts({ facts }: { facts: Overview["facts"] }) {
  const split = facts.map(([name, value]) => ({
    name,
    parts: /^([\d.,]*\d)(?!:)(?:\s+(.*))?$/s.exec(value),
    value,
  }));
  const figures = split.filter(({ parts }) => parts !== null);
  const others = split.filter(({ parts }) => parts === null);
  return (
    <section class="facts" aria-label="Facts">
      <h2 class="unseen">At a glance</h2>
      <dl class="figures">
        {figures.map(({ name, parts }) => (
          <div key={name}>
            <dt>{capital(name)}</dt>
            <dd>
              <span class="figure">{parts![1]}</span> {parts![2]}
            </dd>
          </div>
        ))}
      </dl>
      <dl class="others">
        {others.map(({ name, value }) => (
          <div key={name}>
            <dt>{capital(name)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Charts of one bar say less than a line of text. */
function Same({ charts }: { charts: Overview["charts"] }) {
  if (charts.length === 0) return null;
  return (
    <section class="card">
      <h3>Of one kind only</h3>
      <dl class="same">
        {charts.map(({ title, unit, bars, column }) => (
          <div key={title}>
            <dt>{capital(title)}</dt>
            <dd>
              {column === "verdicts" ? `${signOf(bars[0]![0]).sign} ` : ""}
              {bars[0]![0]}{" "}
              <span class="none">· {`${count(bars[0]![1])} ${unitOf(bars[0]![1], unit)}`}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Ways into the list that most people come for. */
function Starts({ head, results }: { head: Head; results: Results | null }) {
  const whole = results?.whole.value;
  const counts = (column: string) => new Map(whole?.facets[column] ?? []);
  const contradicted = counts("verdicts").get("contradicted") ?? 0;
  const flags = (whole?.facets.flags ?? []).map(([word]) => word);
  const has = (column: string) => head.columns.some(({ name }) => name === column);
  // Without rationales no step can be contradicted; until the rows are read, none are known.
  const judged = has("verdicts") && (!whole || counts("verdicts").size > 0);
  return (
    <nav class="starts" aria-label="Where to begin">
      {judged && (
        <Start
          to={{ where: { verdicts: ["contradicted"] } }}
          tone={contradicted > 0 ? "bad" : ""}
          big={whole ? count(contradicted) : "…"}
          disabled={whole != null && contradicted === 0}
        >
          <span aria-hidden="true">{signOf("contradicted").sign}</span>{" "}
          {contradicted === 1 ? "clip" : "clips"} with a contradicted step
        </Start>
      )}
      {has("grounded") && whole && counts("verdicts").size > 0 && (
        <Start to={{ sort: ["grounded", "up"] }} big="↓">
          least grounded first
        </Start>
      )}
      {flags.length > 0 && (
        <Start to={{ where: { flags } }} big={count(flags.length)}>
          {flags.length === 1 ? "kind" : "kinds"} of flag: see the clips
        </Start>
      )}
      <Start to={{}} big={count(head.shown)}>
        {counted(head.shown, "clip").replace(/^[\d,]+ /, "")} in the list
      </Start>
    </nav>
  );
}

interface StartProps {
  to: Partial<View>;
  big: string;
  tone?: string;
  disabled?: boolean;
  children: ComponentChildren;
}

function Start({ to, big, tone = "", disabled = false, children }: StartProps) {
  return (
    <button type="button" class={`start ${tone}`} disabled={disabled} onClick={() => goTo(to)}>
      <span class="big">{big}</span>
      <span>{children}</span>
      <span class="arrow" aria-hidden="true">
        →
      </span>
    </button>
  );
}

function Findings({ findings }: { findings: readonly string[] }) {
  return (
    <Part title="What the checks found">
      <ul class="findings">
        {findings.map((finding) => (
          <li key={finding}>{finding}</li>
        ))}
      </ul>
    </Part>
  );
}
