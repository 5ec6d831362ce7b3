/** Captions, questions and lineage of a clip. */
import type { ComponentChildren } from "preact";
import type { Texts } from "../../data/source";
import { counted } from "../../state/write";
import type { Clock } from "../clock";
import { span } from "../words";

export interface FoldsProps {
  texts: Texts;
  clock: Clock;
  /** Where there is nothing else to look at. */
  open?: boolean;
}

export function Folds({ texts, clock, open = false }: FoldsProps) {
  return (
    <div class="pl-folds">
      <Captions texts={texts} clock={clock} />
      {texts.questions.length > 0 && (
        <Fold title={counted(texts.questions.length, "question")}>
          <ul>
            {texts.questions.map((question, at) => (
              <li key={at}>{write(question)}</li>
            ))}
          </ul>
        </Fold>
      )}
      {texts.lineage.length > 0 && (
        <Fold title="Where it comes from" open={open}>
          <dl class="pl-facts">
            {texts.lineage.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </Fold>
      )}
    </div>
  );
}

function Captions({ texts, clock }: { texts: Texts; clock: Clock }) {
  const { captions } = texts;
  if (captions.length === 0) return null;
  return (
    <Fold title={counted(captions.length, "caption")}>
      <ul>
        {captions.map((caption, at) => (
          <li key={at}>
            {caption.text}{" "}
            {caption.start_s !== null && (
              <button type="button" class="pl-link" onClick={() => clock.seek(caption.start_s!)}>
                {span(caption.start_s, caption.end_s)}
              </button>
            )}
          </li>
        ))}
      </ul>
    </Fold>
  );
}

interface FoldProps {
  title: string;
  open?: boolean;
  children: ComponentChildren;
}

function Fold({ title, open = false, children }: FoldProps) {
  return (
    <details class="pl-fold" open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** Questions are lines of text, or records with a question and an answer. */
function write(question: unknown): string {
  if (typeof question === "string") return question;
  if (typeof question !== "object" || question === null) return String(question);
  return Object.values(question)
    .filter((value) => typeof value === "string" || typeof value === "number")
    .join(" ");
}
