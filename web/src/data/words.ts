// How texts are searched. The server does the same: skeletonllm/viewer/served/words.py.

/** Letters of a word that are looked for; what is longer is a hash or a mistake. */
const LONGEST = 40;
/** Letters of what is typed. */
const MOST = 1000;

/** Small letters without marks. */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The words of a text, runs of letters and digits, each behind a space. */
export function spaceWords(text: string): string {
  return ` ${fold(text).replace(/[^\p{L}\p{N}]+/gu, " ")}`;
}

/** The words that are looked for, each once. */
export function splitQuery(text: string): string[] {
  const typed = Array.from(text).slice(0, MOST).join("");
  const words = fold(typed).match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words.map((word) => Array.from(word).slice(0, LONGEST).join("")))];
}

/** Whether something is typed, but no word: nothing is found by it. */
export function isWordless(text: string): boolean {
  return text.trim() !== "" && splitQuery(text).length === 0;
}
