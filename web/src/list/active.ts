// The row that keys act on, and what opens a clip.
import { signal } from "@preact/signals";
import { catchFocus } from "../state/focus";
import { go, view } from "../state/view";

/** Its place in the list, and whether keys or the list itself moved it there. */
export const active = signal<{ index: number; by: "keys" | "list" }>({ index: 0, by: "list" });

export function openClip(index: number, clip: string): void {
  active.value = { index, by: "list" };
  const { versus } = view.peek();
  go({ place: "clips", clip, versus: versus === clip ? null : versus, time: 0 });
}

/** Puts a clip beside the open one, or takes it away. */
export function toggleVersus(clip: string): void {
  const at = view.peek();
  if (at.clip === null || at.clip === clip) return;
  go({ versus: at.versus === clip ? null : clip });
}

export function closeClip(): void {
  go({ clip: null, versus: null, time: 0 });
  catchFocus("#clips", "#words");
}
