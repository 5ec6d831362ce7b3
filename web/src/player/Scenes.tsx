/** One or two scenes that turn together, with buttons for where one looks from. */
import { useCallback, useMemo, useState } from "preact/hooks";
import type { Step } from "../data/source";
import { catchFocus } from "../state/focus";
import { nameOf } from "../state/name";
import { type Clock, useClock } from "./clock";
import type { Clip } from "./load";
import { Scene } from "./scene/Scene";
import type { Stage } from "./scene/stage";
import { type Angles, PRESETS, type Preset, presetAngles } from "./scene/view";
import { litJoints, litSteps } from "./steps";
import type { Sync } from "./told/Negatives";
import { describe, seconds } from "./words";

export interface ScenesProps {
  clip: Clip;
  beside: Clip | null;
  clock: Clock;
  steps: readonly Step[];
  plain: boolean;
  sync: Sync;
  onSync: (sync: Sync) => void;
  onEnd: () => void;
  angles: Angles;
  onAngles: (angles: Angles) => void;
  trail: boolean;
  onTrail: (trail: boolean) => void;
  onStage: (at: 0 | 1, stage: Stage | null) => void;
}

const NONE: ReadonlySet<number> = new Set();
const SAME = (time: number) => time;
const KEYS: Record<Preset, string> = { start: "0", front: "1", side: "2", top: "3" };

export function Scenes(props: ScenesProps) {
  const { clip, beside, clock, steps, plain, angles, onAngles, trail, sync, onStage } = props;
  const at = useClock(clock, (c) => litSteps(steps, c.time).join());
  const lit = useMemo(
    () => litJoints(steps, at === "" ? [] : at.split(",").map(Number), clip),
    [at, steps, clip],
  );
  const share = beside === null ? 1 : beside.duration / clip.duration;
  const timeOf = useCallback(
    (time: number) => (sync === "share" ? time * share : time),
    [sync, share],
  );
  const first = useCallback((stage: Stage | null) => onStage(0, stage), [onStage]);
  const second = useCallback((stage: Stage | null) => onStage(1, stage), [onStage]);
  const shared = { clock, angles, onAngles, trail, plain };
  return (
    <div class="pl-scenes">
      <div class={`pl-pair ${beside === null ? "" : "pl-two"}`}>
        <figure class="pl-figure">
          {beside !== null && <figcaption>{nameOf(clip.cells)}</figcaption>}
          <Scene
            {...shared}
            motion={clip.motion}
            topology={clip.topology}
            timeOf={SAME}
            lit={lit}
            describe={describe(clip, angles)}
            onStage={first}
          />
          <Legend />
        </figure>
        {beside !== null && (
          <figure class="pl-figure">
            <figcaption>
              {nameOf(beside.cells)}{" "}
              <BesideTime clock={clock} timeOf={timeOf} duration={beside.duration} />
            </figcaption>
            <Scene
              {...shared}
              motion={beside.motion}
              topology={beside.topology}
              timeOf={timeOf}
              lit={NONE}
              describe={describe(beside, angles)}
              onStage={second}
            />
          </figure>
        )}
      </div>
      <div class="pl-looks">
        <Looks {...props} flat={clip.motion.space === "image"} />
        <button
          type="button"
          class="pl-toggle"
          aria-pressed={trail}
          title="Trails of hands and feet (r)"
          onClick={() => props.onTrail(!trail)}
        >
          Trail
        </button>
      </div>
      {beside !== null && <InStep {...props} />}
    </div>
  );
}

function Looks({ angles, onAngles, flat }: ScenesProps & { flat: boolean }) {
  const presets = Object.entries(PRESETS) as [Preset, { title: string }][];
  return (
    <fieldset class="pl-views">
      <legend class="pl-sr">Look from</legend>
      {presets.map(([preset, { title }]) =>
        flat && preset !== "start" ? null : (
          <button
            key={preset}
            type="button"
            class="pl-toggle"
            aria-pressed={preset !== "start" && isAt(angles, preset)}
            title={`${title} (${KEYS[preset]})`}
            onClick={() => onAngles(presetAngles(preset))}
          >
            {title}
          </button>
        ),
      )}
    </fieldset>
  );
}

function isAt(angles: Angles, preset: Preset): boolean {
  const { yaw, pitch } = presetAngles(preset);
  return angles.preset === preset && angles.yaw === yaw && angles.pitch === pitch;
}

/** Left and right differ in shade and dash; what was not observed is hollow. */
function Legend() {
  return (
    <ul class="pl-legend" aria-label="How limbs and joints are drawn">
      <li>
        <svg width="26" height="10" aria-hidden="true">
          <line class="pl-l" x1="2" y1="5" x2="24" y2="5" stroke-dasharray="4 5.500" />
        </svg>
        left
      </li>
      <li>
        <svg width="26" height="10" aria-hidden="true">
          <line class="pl-r" x1="2" y1="5" x2="24" y2="5" />
        </svg>
        right
      </li>
      <li>
        <svg width="12" height="12" aria-hidden="true">
          <circle class="pl-o" cx="6" cy="6" r="4" />
        </svg>
        not observed
      </li>
    </ul>
  );
}

function InStep({ sync, onSync, onEnd, beside }: ScenesProps) {
  return (
    <fieldset class="pl-sync">
      <legend class="pl-sr">How both play in step</legend>
      <label>
        <input
          type="radio"
          name="pl-sync"
          checked={sync === "share"}
          onChange={() => onSync("share")}
        />
        Same share of each
      </label>
      <label>
        <input
          type="radio"
          name="pl-sync"
          checked={sync === "seconds"}
          onChange={() => onSync("seconds")}
        />
        Same seconds
      </label>
      <button
        type="button"
        class="pl-toggle"
        onClick={() => {
          onEnd();
          catchFocus(".pl-canvas");
        }}
      >
        Close “{nameOf(beside!.cells)}”
      </button>
    </fieldset>
  );
}

interface BesideTimeProps {
  clock: Clock;
  timeOf: (time: number) => number;
  duration: number;
}

function BesideTime({ clock, timeOf, duration }: BesideTimeProps) {
  const time = useClock(clock, (c) => seconds(Math.min(duration, timeOf(c.time))));
  return (
    <span class="pl-muted">
      {time} / {seconds(duration)} s
    </span>
  );
}

/** Where one looks from, and whether hands and feet leave a trail. */
export function useLook() {
  const [angles, onAngles] = useState(() => presetAngles("start"));
  const [trail, onTrail] = useState(false);
  return { angles, onAngles, trail, onTrail };
}
