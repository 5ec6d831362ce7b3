/** The slider of time, and above it a band for each step of the rationale. */
import { useEffect, useRef } from "preact/hooks";
import type { Step } from "../data/source";
import { frameAt } from "../motion/motion";
import { signOf } from "../state/verdicts";
import type { Clock } from "./clock";
import { useClock } from "./clock";
import type { Clip } from "./load";
import { layRows, litSteps } from "./steps";
import { seconds, span } from "./words";

export interface TimelineProps {
  clock: Clock;
  clip: Clip;
  steps: readonly Step[];
  onJump: (step: number) => void;
}

export function Timeline({ clock, clip, steps, onJump }: TimelineProps) {
  const slider = useRef<HTMLInputElement>(null);
  const needle = useRef<HTMLDivElement>(null);
  const { duration, motion } = clip;
  useEffect(() => {
    // Sixty times a second: written to the page at once, without drawing components anew.
    const follow = () => {
      const { time } = clock;
      const input = slider.current;
      // The clock tells once more that it stands while the player is taken away.
      if (input === null || needle.current === null) return;
      input.value = String(time);
      const share = `${((100 * time) / duration).toFixed(3)}%`;
      input.style.setProperty("--share", share);
      needle.current.style.left = share;
      const lit = litSteps(steps, time).map((at) => `step ${at + 1}: ${steps[at]!.text}`);
      const frame = `frame ${frameAt(motion, time) + 1} of ${motion.frames}`;
      input.setAttribute(
        "aria-valuetext",
        [`${seconds(time)} seconds of ${seconds(duration)}`, frame, ...lit].join(", "),
      );
    };
    follow();
    return clock.subscribe(follow);
  }, [clock, clip, steps]);
  return (
    <div class="pl-timeline">
      <Bands clock={clock} duration={duration} steps={steps} onJump={onJump}>
        <div ref={needle} class="pl-needle" aria-hidden="true" />
      </Bands>
      <input
        ref={slider}
        class="pl-scrub"
        type="range"
        aria-label="Time"
        min="0"
        max={String(duration)}
        // Steps would hold the knob back from where the needle is.
        step="any"
        onInput={(event) => {
          clock.pause();
          clock.seek(Math.round(Number(event.currentTarget.value) * motion.fps) / motion.fps);
        }}
      />
    </div>
  );
}

interface BandsProps {
  clock: Clock;
  duration: number;
  steps: readonly Step[];
  onJump: (step: number) => void;
  children: preact.ComponentChildren;
}

/** Steps that overlap lie one below the other. */
function Bands({ clock, duration, steps, onJump, children }: BandsProps) {
  const lit = useClock(clock, (c) => litSteps(steps, c.time).join());
  const rows = layRows(steps);
  const height = Math.max(1, ...rows.map((row) => row + 1));
  // Many steps at once must not push the slider out of sight.
  const band = height > 5 ? 11 : 16;
  const at = lit.split(",");
  return (
    <div class="pl-bands" style={{ height: `${height * band + 4}px`, "--band": `${band}px` }}>
      {steps.map((step, i) => {
        if (step.start_s === null) return null;
        const start = Math.min(step.start_s, duration);
        const end = Math.min(step.end_s ?? start, duration);
        const { tone, word } = signOf(step.verdict ?? "");
        return (
          <button
            key={i}
            type="button"
            // The list beside it has the same steps for keys and screen readers.
            tabIndex={-1}
            aria-hidden="true"
            class={`pl-band pl-${tone} ${at.includes(String(i)) ? "pl-lit" : ""}`}
            title={`${i + 1}. ${step.text} (${span(step.start_s, step.end_s)}, ${word})`}
            style={{
              left: `${(100 * start) / duration}%`,
              width: `max(6px, ${(100 * (end - start)) / duration}%)`,
              top: `${rows[i]! * band}px`,
            }}
            onClick={() => onJump(i)}
          />
        );
      })}
      {children}
    </div>
  );
}
