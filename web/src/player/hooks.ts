/** How a player begins, what it tells the page of its time, and what it does at a key. */
import type { RefObject } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";
import type { Clock } from "./clock";
import { exposeProbe } from "./debug";
import { answerKey } from "./keys";
import type { Clip } from "./load";
import type { useLook } from "./Scenes";
import type { Stage } from "./scene/stage";

/** Seconds between two tellings of the time while a clip plays: browsers limit new addresses. */
const TELL_S = 1;
/** Times that are known to be own ones: those of a slider that is dragged for a second. */
const KEPT = 99;

interface Asked {
  row: number;
  time?: number;
  onTime?: (seconds: number) => void;
}

/** Starts each clip: where a link says, or playing. */
export function useStart(clock: Clock, clip: Clip, { row, time, onTime }: Asked): void {
  // Several: the address answers late, with a time that was told a while ago.
  const told = useRef<number[]>([]);
  const listener = useRef(onTime);
  listener.current = onTime;
  const asked = clip.row === row ? (time ?? 0) : 0;
  useEffect(() => {
    told.current = [asked];
    clock.reset(clip.duration, asked);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (asked === 0 && !still) clock.play();
  }, [clock, clip]);
  useEffect(() => {
    // A time in the address that was not told to it: someone went to it.
    if (time === undefined || told.current.length === 0) return;
    if (told.current.some((own) => Math.abs(time - own) < 0.006)) return;
    clock.pause();
    clock.seek(time);
  }, [time]);
  useEffect(() => {
    const tell = () => {
      const last = told.current.at(-1) ?? Number.NaN;
      if (clock.playing && Math.abs(clock.time - last) < TELL_S) return;
      if (clock.time === last) return;
      told.current = [...told.current.slice(-KEPT), clock.time];
      listener.current?.(clock.time);
    };
    const stop = clock.subscribe(tell);
    return () => {
      stop();
      clock.pause();
    };
  }, [clock]);
}

/** Takes keys wherever the focus is, unless something else needs them. */
export function useKeys(
  root: RefObject<HTMLElement | null>,
  clock: Clock,
  clip: Clip,
  look: ReturnType<typeof useLook>,
): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (root.current === null) return;
      answerKey(event, {
        clock,
        clip,
        root: root.current,
        setAngles: look.onAngles,
        toggleTrail: () => look.onTrail((on) => !on),
      });
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [clock, clip]);
}

/** Lets tests ask the scenes. */
export function useProbe(clock: Clock): (at: 0 | 1, stage: Stage | null) => void {
  const stages = useRef<(Stage | null)[]>([null, null]);
  return useCallback(
    (at, stage) => {
      stages.current[at] = stage;
      exposeProbe(clock, stages.current);
    },
    [clock],
  );
}
