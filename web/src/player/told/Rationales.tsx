/** Rationales of a clip: their steps light up as time passes through them. */
import { useEffect, useRef } from "preact/hooks";
import type { Rationale, Step } from "../../data/source";
import { signOf, worstFirst } from "../../state/verdicts";
import { counted } from "../../state/write";
import type { Clock } from "../clock";
import { useClock } from "../clock";
import { litSteps } from "../steps";
import { span } from "../words";

export interface RationalesProps {
  rationales: readonly Rationale[];
  chosen: number;
  onChoose: (at: number) => void;
  clock: Clock;
  onJump: (step: number) => void;
}

export function Rationales({ rationales, chosen, onChoose, clock, onJump }: RationalesProps) {
  const rationale = rationales[chosen];
  if (rationale === undefined) {
    return (
      <section class="pl-rationale">
        <h3>Rationale</h3>
        <p class="pl-muted">Nothing was said about why this clip shows what its label says.</p>
      </section>
    );
  }
  return (
    <section class="pl-rationale" aria-label="Rationale">
      {rationales.length > 1 ? (
        <Tabs rationales={rationales} chosen={chosen} onChoose={onChoose} />
      ) : (
        <h3>Rationale</h3>
      )}
      <Verdicts rationale={rationale} />
      <Steps key={chosen} steps={rationale.steps} clock={clock} onJump={onJump} />
      <Provenance rationale={rationale} />
    </section>
  );
}

function Tabs({ rationales, chosen, onChoose }: Omit<RationalesProps, "clock" | "onJump">) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (chosen + by + rationales.length) % rationales.length;
    onChoose(next);
    (list.current!.children[next] as HTMLElement).focus();
  };
  return (
    <div ref={list} class="pl-tabs" role="tablist" aria-label="Rationales" onKeyDown={move}>
      {rationales.map((rationale, at) => (
        <button
          key={at}
          type="button"
          role="tab"
          aria-selected={at === chosen}
          tabIndex={at === chosen ? 0 : -1}
          onClick={() => onChoose(at)}
        >
          {at + 1}. {rationale.teacher || "rationale"}
        </button>
      ))}
    </div>
  );
}

/** How many steps have which verdict; worst first. */
function Verdicts({ rationale }: { rationale: Rationale }) {
  const counts = new Map<string, number>();
  for (const { verdict } of rationale.steps) {
    const name = verdict ?? "not judged";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return (
    <p class="pl-verdicts">
      {worstFirst([...counts.keys()]).map((verdict) => {
        const { sign, word, tone } = signOf(verdict);
        return (
          <span key={verdict} class={`pl-chip pl-${tone}`}>
            <span aria-hidden="true">{sign}</span> {counts.get(verdict)} {word}
          </span>
        );
      })}
      {rationale.grounded !== null && (
        <span class="pl-muted">{Math.round(100 * rationale.grounded)} % grounded</span>
      )}
    </p>
  );
}

interface StepsProps {
  steps: readonly Step[];
  clock: Clock;
  onJump: (step: number) => void;
}

function Steps({ steps, clock, onJump }: StepsProps) {
  const list = useRef<HTMLOListElement>(null);
  const lit = useClock(clock, (c) => litSteps(steps, c.time).join());
  const at = lit === "" ? [] : lit.split(",").map(Number);
  useEffect(() => {
    const first = at[0];
    if (first !== undefined) keepInSight(list.current!, list.current!.children[first]);
  }, [lit]);
  return (
    <ol ref={list} class="pl-steps">
      {steps.map((step, i) => (
        <StepLine key={i} step={step} number={i + 1} lit={at.includes(i)} act={() => onJump(i)} />
      ))}
    </ol>
  );
}

/** Scrolls the list alone; the page stays where the reader has it. */
function keepInSight(list: HTMLElement, line: Element | undefined): void {
  if (!(line instanceof HTMLElement) || list.scrollHeight <= list.clientHeight) return;
  const top = line.offsetTop - list.offsetTop;
  if (top < list.scrollTop || top + line.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = top - 8;
  }
}

interface StepLineProps {
  step: Step;
  number: number;
  lit: boolean;
  act: () => void;
}

function StepLine({ step, number, lit, act }: StepLineProps) {
  const { sign, word, tone } = signOf(step.verdict ?? "not judged");
  return (
    <li class={`pl-step pl-${tone} ${lit ? "pl-lit" : ""}`} aria-current={lit ? "step" : undefined}>
      <button type="button" onClick={act} title="Go to its time">
        <span class="pl-line">
          <span class="pl-number">{number}</span>
          <span class="pl-chip">
            <span aria-hidden="true">{sign}</span> {word}
          </span>
          <span class="pl-span">{span(step.start_s, step.end_s)}</span>
        </span>
        <span class="pl-text">{step.text}</span>
        {step.measured && (
          <span class="pl-measured">
            {tone === "bad" ? "Why: " : tone === "good" ? "Measured: " : "Reason: "}
            {step.measured}
          </span>
        )}
        {tone === "bad" && !step.measured && (
          <span class="pl-measured">Why: the record names no measurement.</span>
        )}
      </button>
    </li>
  );
}

function Provenance({ rationale }: { rationale: Rationale }) {
  const { teacher, status, variant, usd, prompt_sha256: prompt } = rationale;
  const facts = [
    teacher && `by ${teacher}`,
    status?.replaceAll("_", " "),
    variant !== null && variant !== undefined && `variant ${variant}`,
    counted(rationale.steps.length, "step"),
    usd ? `${usd.toPrecision(2)} USD` : "",
    prompt && `prompt ${prompt.slice(0, 8)}`,
  ].filter(Boolean);
  return (
    <details class="pl-fold">
      <summary>As it was written</summary>
      <p class="pl-prose">{rationale.text}</p>
      <p class="pl-muted pl-small">{facts.join(" · ")}</p>
    </details>
  );
}
