// The whole page. It is drawn from the head alone, before any row has been read.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Head } from "../data/source";
import { Glance } from "../glance/Glance";
import { view } from "../state/view";
import { counted } from "../state/write";
import { said } from "./announce";
import { Browser } from "./Browser";
import { Header } from "./Header";
import { Help } from "./Help";
import { onKey } from "./keys";
import type { Opened } from "./opened";

export function App({ head, opened }: { head: Head; opened: Opened }) {
  const help = useSignal(false);
  const { results, clip, versus } = opened.ready.value ?? {};
  useEffect(() => {
    if (!results) return;
    const listen = (event: KeyboardEvent) =>
      onKey(event, {
        results,
        help: {
          open: help.peek(),
          toggle: () => {
            help.value = !help.peek();
          },
        },
      });
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [results, help]);
  return (
    <>
      <button type="button" class="skip" onClick={skipToMain}>
        Skip to the content
      </button>
      <Header
        head={head}
        onHelp={() => {
          help.value = true;
        }}
      />
      <main id="main" tabIndex={-1} class={`at-${view.value.place}`}>
        {opened.problem.value && (
          <div class="problem" role="alert">
            <p>The clips cannot be read: {opened.problem.value}</p>
          </div>
        )}
        {view.value.place === "glance" ? (
          <Glance head={head} results={results ?? null} />
        ) : results && clip && versus ? (
          <Browser results={results} opening={clip} versus={versus} />
        ) : (
          !opened.problem.value && (
            <div class="empty">
              <p>Reading {counted(head.shown, "clip")} …</p>
              <progress aria-label="Reading the clips" />
            </div>
          )
        )}
      </main>
      <p class="unseen" role="status" aria-live="polite">
        {said.value}
      </p>
      <Help
        open={help.value}
        onClose={() => {
          help.value = false;
        }}
      />
    </>
  );
}

/** Not a link: the fragment of the address says what one looks at. */
function skipToMain(): void {
  document.getElementById("main")?.focus();
}
