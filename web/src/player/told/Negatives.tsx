/** Classes that are easily taken for that of the clip, and why; a clip of each plays in step. */
import type { Texts } from "../../data/source";

export type Sync = "share" | "seconds";

export interface NegativesProps {
  texts: Texts;
  label: string;
  beside: number | null;
  onBeside: (row: number | null) => void;
}

export function Negatives({ texts, label, beside, onBeside }: NegativesProps) {
  if (texts.negatives.length === 0) return null;
  return (
    <section class="pl-negatives">
      <h3>Easily taken for it</h3>
      <p class="pl-muted pl-small">Hard negatives of “{label}”, hardest first.</p>
      <ol>
        {texts.negatives.map(([name, why], at) => {
          const row = texts.example_rows[at] ?? -1;
          const playing = row >= 0 && row === beside;
          return (
            <li key={name}>
              <span class="pl-what">
                <strong>{name}</strong>
                <span class="pl-muted pl-small">{why}</span>
              </span>
              {row >= 0 ? (
                <button
                  type="button"
                  class={playing ? "pl-chosen" : ""}
                  onClick={() => onBeside(playing ? null : row)}
                >
                  {playing ? "Stop" : "Play in step"}
                  <span class="pl-sr"> a clip of {name}</span>
                </button>
              ) : (
                <span class="pl-muted pl-small">no clip here</span>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
