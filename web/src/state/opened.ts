// The rows of the clips that the address names.
import { effect, signal } from "@preact/signals";
import type { Row, Source } from "../data/source";
import { view } from "./view";
import { messageOf } from "./write";

export interface Opened {
  readonly number: number;
  readonly clip: string;
  readonly row: Row;
}

export type Opening = Opened | "none" | "waiting" | { readonly missing: string };

/** Follows one of the two clips of the address. */
export function followClip(source: Source, which: "clip" | "versus") {
  const opening = signal<Opening>("none");
  let last: string | null = null;
  effect(() => {
    const clip = view.value[which];
    if (clip === last) return;
    last = clip;
    if (clip === null) {
      opening.value = "none";
      return;
    }
    if (opening.peek() === "none") opening.value = "waiting";
    void open(source, clip).then((opened) => {
      if (last === clip) opening.value = opened;
    });
  });
  return opening;
}

async function open(source: Source, clip: string): Promise<Opening> {
  try {
    const number = await source.find(clip);
    if (number < 0) return { missing: `This page holds no clip "${clip}".` };
    const [row] = await source.rows([number]);
    return { number, clip, row: row! };
  } catch (error) {
    return { missing: messageOf(error) };
  }
}

export function isOpened(opening: Opening): opening is Opened {
  return typeof opening === "object" && "number" in opening;
}
