// Dark or light: what the system prefers, until someone chooses.
import { signal } from "@preact/signals";

export type Theme = "light" | "dark";

const KEY = "skeletonllm-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export const theme = signal<Theme>(remembered() ?? preferred());

function preferred(): Theme {
  return system.matches ? "dark" : "light";
}

/** A file opened from disk may have no storage. */
function remembered(): Theme | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : null;
  } catch {
    return null;
  }
}

export function switchTheme(): void {
  theme.value = theme.peek() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, theme.peek());
  } catch {
    // It lasts as long as the page, then.
  }
}

system.addEventListener("change", () => {
  if (remembered() === null) theme.value = preferred();
});
theme.subscribe((now) => {
  document.documentElement.dataset.theme = now;
});
