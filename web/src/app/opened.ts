// The source behind the page, once it has been opened.
import { type Signal, signal } from "@preact/signals";
import { openSource } from "../data/open";
import type { Head } from "../data/source";
import { followClip, type Opening } from "../state/opened";
import { Results } from "../state/results";
import { knowColumns } from "../state/view";
import { messageOf } from "../state/write";

interface Ready {
  readonly results: Results;
  readonly clip: Signal<Opening>;
  readonly versus: Signal<Opening>;
}

export interface Opened {
  readonly ready: Signal<Ready | null>;
  readonly problem: Signal<string | null>;
}

export function openPage(head: Head): Opened {
  knowColumns(head.columns);
  const ready = signal<Ready | null>(null);
  const problem = signal<string | null>(null);
  void whole()
    .then(() => openSource(head))
    .then((source) => {
      const results = new Results(source);
      const clip = followClip(source, "clip");
      ready.value = { results, clip, versus: followClip(source, "versus") };
    })
    .catch((error: unknown) => {
      problem.value = messageOf(error);
    });
  return { ready, problem };
}

/** The script may run while the blocks behind it are still being loaded. */
function whole(): Promise<void> {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
  });
}
