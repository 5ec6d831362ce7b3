// What is said to those who listen to the page.
import { signal } from "@preact/signals";

export const said = signal("");

export function announce(text: string): void {
  // The same sentence twice in a row would not be read again.
  said.value = said.peek() === text ? `${text}\u00a0` : text;
}
