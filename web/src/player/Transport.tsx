/** Play, pause, steps, speed and loop, and the time in words. */
import { frameAt } from "../motion/motion";
import { type Clock, SPEEDS, useClock } from "./clock";
import type { Clip } from "./load";
import { seconds } from "./words";

export interface TransportProps {
  clock: Clock;
  clip: Clip;
}

/** One frame further or back, from the frame that is shown. */
export function stepFrames(clock: Clock, clip: Clip, by: number): void {
  clock.pause();
  const { motion } = clip;
  const frame = frameAt(motion, clock.time) + by;
  clock.seek(Math.max(0, Math.min(motion.frames - 1, frame)) / motion.fps);
}

export function Transport({ clock, clip }: TransportProps) {
  const playing = useClock(clock, (c) => c.playing);
  const speed = useClock(clock, (c) => c.speed);
  const loop = useClock(clock, (c) => c.loop);
  return (
    <div class="pl-transport">
      <div class="pl-group">
        <Icon name="Back one frame" keys="←" shape={BACK} act={() => stepFrames(clock, clip, -1)} />
        <button
          type="button"
          class="pl-play"
          onClick={() => clock.toggle()}
          title={`${playing ? "Pause" : "Play"} (space)`}
          aria-label={playing ? "Pause" : "Play"}
        >
          <Shape path={playing ? PAUSE : PLAY} />
        </button>
        <Icon name="On one frame" keys="→" shape={ON} act={() => stepFrames(clock, clip, 1)} />
      </div>
      <Now clock={clock} clip={clip} />
      <div class="pl-group pl-end">
        <label class="pl-speed">
          <span class="pl-hide-small">Speed</span>
          <select
            aria-label="Speed"
            title="Speed ([ slower, ] faster)"
            value={String(speed)}
            onChange={(event) => clock.setSpeed(Number(event.currentTarget.value))}
          >
            {SPEEDS.map((value) => (
              <option key={value} value={String(value)}>
                {value}×
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="pl-toggle"
          aria-pressed={loop}
          aria-label="Loop"
          title="Begin again at the end (l)"
          onClick={() => clock.setLoop(!loop)}
        >
          <Shape path={LOOP} />
          <span class="pl-hide-small">Loop</span>
        </button>
      </div>
    </div>
  );
}

function Now({ clock, clip }: TransportProps) {
  const time = useClock(clock, (c) => seconds(c.time));
  const frame = useClock(clock, (c) => frameAt(clip.motion, c.time));
  const { motion, duration } = clip;
  const source = Math.min(
    motion.sourceFrames - 1,
    Math.round((frame / motion.fps) * motion.sourceFps),
  );
  const thinned = motion.sourceFrames > motion.frames;
  return (
    <p class="pl-now" title={thinned ? `Frame ${source} of the file` : undefined}>
      <span>
        <strong>{time}</strong>
        <span class="pl-muted"> / {seconds(duration)} s</span>
      </span>
      <span class="pl-frame">
        frame {frame + 1}
        <span class="pl-muted"> of {motion.frames}</span>
      </span>
    </p>
  );
}

interface IconProps {
  name: string;
  keys: string;
  shape: string;
  act: () => void;
}

function Icon({ name, keys, shape, act }: IconProps) {
  return (
    <button
      type="button"
      class="pl-icon"
      aria-label={name}
      title={`${name} (${keys})`}
      onClick={act}
    >
      <Shape path={shape} />
    </button>
  );
}

function Shape({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <path d={path} fill="currentColor" />
    </svg>
  );
}

const PLAY =
  "M8 5.2v13.6c0 .8.9 1.3 1.6.8l10-6.8c.6-.4.6-1.2 0-1.6l-10-6.8C8.900 3.900 8 4.400 8 5.200z";
const PAUSE =
  "M7.500 5h2c.6 0 1 .4 1 1v12c0 .6-.4 1-1 1h-2c-.6 0-1-.4-1-1V6c0-.6.4-1 1-1zm7 0h2c.6 0 1 .4 1 1v12c0 .6-.4 1-1 1h-2c-.6 0-1-.4-1-1V6c0-.6.4-1 1-1z";
const BACK =
  "M16.500 6.800v10.400c0 .8-.9 1.200-1.500.7L9 13v4.500H7v-11h2V11l6-4.900c.6-.5 1.500-.1 1.500.7z";
const ON =
  "M7.500 6.800v10.400c0 .8.9 1.200 1.500.7L15 13v4.500h2v-11h-2V11L9 6.100c-.6-.5-1.500-.1-1.500.7z";
const LOOP =
  "M7 7h9V4.500l4.500 3.500L16 11.500V9H7c-.6 0-1 .4-1 1v2H4v-2c0-1.700 1.300-3 3-3zm10 10H8v2.500L3.500 16 8 12.500V15h9c.6 0 1-.4 1-1v-2h2v2c0 1.700-1.300 3-3 3z";
