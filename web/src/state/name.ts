// What a clip is called: many corpora have sentences and no classes, and some have neither.
import type { Row } from "../data/source";

/** Its label; without one its first caption, which the row may hold in short; or else its id. */
export function nameOf(cells: Row, caption = ""): string {
  return String(cells.label || caption || cells.caption || cells.clip_id || "");
}
