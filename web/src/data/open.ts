// Which source a page has.
import { EmbeddedSource } from "./embedded";
import type { Head } from "./head";
import { ServedSource } from "./served";
import type { Source } from "./source";

const VERSION = 1;

/** What the page says of itself. */
export function readHead(): Head {
  const text = document.getElementById("sk-head")?.textContent;
  if (!text) throw new Error("the page holds no data: it was cut short, make it anew");
  const head = JSON.parse(text) as Head;
  if (head.version !== VERSION) {
    throw new Error(`the page has data of version ${head.version}, and reads version ${VERSION}`);
  }
  return head;
}

export async function openSource(head: Head): Promise<Source> {
  return head.mode === "served" ? new ServedSource(head) : EmbeddedSource.open(head);
}
