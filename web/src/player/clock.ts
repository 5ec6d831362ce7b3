/** The time of a clip as it plays: one clock moves the scenes, the steps and the pictures. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.5, 2] as const;

export class Clock {
  time = 0;
  duration = 1;
  playing = false;
  loop = true;
  speed = 1;
  readonly #listeners = new Set<() => void>();
  #request = 0;
  #last = 0;

  /** Calls `listener` at every change; the answer ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  play(): void {
    if (this.playing) return;
    if (this.time >= this.duration) this.time = 0;
    this.playing = true;
    this.#last = performance.now();
    this.#request = requestAnimationFrame(this.#tick);
    this.#tell();
  }

  pause(): void {
    cancelAnimationFrame(this.#request);
    if (!this.playing) return;
    this.playing = false;
    this.#tell();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  seek(time: number): void {
    this.time = Math.max(0, Math.min(this.duration, time));
    this.#tell();
  }

  /** Starts over with another clip. */
  reset(duration: number, time: number): void {
    this.pause();
    this.duration = duration;
    this.seek(time);
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.#tell();
  }

  /** The next slower or faster speed. */
  shift(by: -1 | 1): void {
    const at = SPEEDS.findIndex((speed) => speed >= this.speed);
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))]!);
  }

  setLoop(loop: boolean): void {
    this.loop = loop;
    this.#tell();
  }

  #tick = (now: number): void => {
    // A page that lay in the background comes back after minutes: it goes on where it was.
    const passed = Math.min(0.25, Math.max(0, now - this.#last) / 1000) * this.speed;
    this.#last = now;
    this.time += passed;
    if (this.time >= this.duration) {
      if (this.loop) this.time %= this.duration;
      else {
        this.time = this.duration;
        this.pause();
        return;
      }
    }
    this.#tell();
    if (this.playing) this.#request = requestAnimationFrame(this.#tick);
  };

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** A value taken from the clock; the component is drawn anew only when the value changes. */
export function useClock<T extends string | number | boolean>(
  clock: Clock,
  read: (clock: Clock) => T,
): T {
  const [, redraw] = useState<T>(() => read(clock));
  const value = read(clock);
  const latest = useRef({ read, value });
  latest.current = { read, value };
  useLayoutEffect(() => {
    const follow = () => {
      const next = latest.current.read(clock);
      if (next !== latest.current.value) redraw(() => next);
    };
    // The clock may have moved between the drawing of the component and now.
    follow();
    return clock.subscribe(follow);
  }, [clock]);
  return value;
}
