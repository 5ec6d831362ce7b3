// Placeholder: the player's side replaces this file.
import type { Source } from "../data/source";

export interface PlayerProps {
  source: Source;
  row: number;
  /** Seconds at which the player stands when it opens. */
  time?: number;
  /** A second clip, played in step. */
  compareRow?: number;
  onTime?: (seconds: number) => void;
}

/** Everything about one clip. */
export function Player({ row }: PlayerProps) {
  return <p>Clip of row {row}</p>;
}
