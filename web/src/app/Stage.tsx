// The chosen clip, and what one can do with it.
import type { Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Source } from "../data/source";
import { closeClip } from "../list/active";
import { Player } from "../player/Player";
import { isOpened, type Opening } from "../state/opened";
import { go, view } from "../state/view";

interface StageProps {
  source: Source;
  opening: Signal<Opening>;
  versus: Signal<Opening>;
  /** Whether what stands above it has the height that it keeps. */
  settled: boolean;
  onStep: (by: 1 | -1) => void;
}

/** How often the address follows the clock of the player. */
const ADDRESS_MS = 1000;

export function Stage({ source, opening, versus, settled, onStep }: StageProps) {
  const box = useRef<HTMLElement>(null);
  const opened = opening.value;
  const beside = versus.value;
  const onTime = useAddressTime();
  const clip = isOpened(opened) ? opened.clip : null;
  useEffect(() => {
    // On a phone the player stands below the list.
    if (clip !== null && settled && matchMedia("(max-width: 899px)").matches) {
      box.current?.scrollIntoView({ block: "start" });
    }
  }, [clip, settled]);
  if (opened === "none") return null;
  return (
    <section class="stage" aria-label="Clip" ref={box} id="stage">
      <div class="stage-bar">
        <button type="button" class="quiet" title="Previous clip (k)" onClick={() => onStep(-1)}>
          <span aria-hidden="true">↑</span>
          <span class="unseen">Previous clip</span>
        </button>
        <button type="button" class="quiet" title="Next clip (j)" onClick={() => onStep(1)}>
          <span aria-hidden="true">↓</span>
          <span class="unseen">Next clip</span>
        </button>
        <span class="spring" />
        <button type="button" class="quiet" title="Close the clip (Esc)" onClick={closeClip}>
          <span aria-hidden="true">×</span>
          <span class="unseen">Close the clip</span>
        </button>
      </div>
      {typeof beside === "object" && "missing" in beside && <p class="problem">{beside.missing}</p>}
      {opened === "waiting" && <p class="note">Opening the clip …</p>}
      {typeof opened === "object" && "missing" in opened && (
        <div class="empty">
          <p class="lead">{opened.missing}</p>
          <p>The link may be of another release, or of a page that shows more clips.</p>
          <button type="button" class="button" onClick={closeClip}>
            Back to the list
          </button>
        </div>
      )}
      {isOpened(opened) && (
        <Player
          source={source}
          row={opened.number}
          time={view.value.time}
          {...(isOpened(beside) ? { compareRow: beside.number } : {})}
          onTime={onTime}
          onCompare={(row) => void compare(source, row)}
        />
      )}
    </section>
  );
}

/** Writes the clip that the player put beside the first one into the address. */
async function compare(source: Source, row: number | null): Promise<void> {
  const clip = row === null ? null : String((await source.rows([row]))[0]?.clip_id);
  if (clip !== view.peek().versus) go({ versus: clip });
}

/** Writes the time into the address, not at every frame: browsers refuse too many changes. */
function useAddressTime(): (seconds: number) => void {
  const [state] = useState({ last: 0, timer: 0, seconds: 0 });
  return (seconds) => {
    const { clip } = view.peek();
    state.seconds = seconds;
    if (state.timer !== 0) return;
    const write = () => {
      state.timer = 0;
      state.last = performance.now();
      // Another clip begins at its own time.
      if (view.peek().clip === clip) go({ time: state.seconds }, "replace");
    };
    state.timer = window.setTimeout(write, ADDRESS_MS - (performance.now() - state.last));
  };
}
