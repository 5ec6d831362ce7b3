/** A canvas with its scene: turned by pointer, touch and keys; joints tell their names. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Topology } from "../../data/head";
import type { Motion } from "../../motion/motion";
import type { Clock } from "../clock";
import { Grip } from "./grip";
import { Stage } from "./stage";
import type { Angles } from "./view";

export interface SceneProps {
  motion: Motion;
  topology: Topology;
  clock: Clock;
  /** The time of this scene when the clock shows another. */
  timeOf: (time: number) => number;
  angles: Angles;
  onAngles: (angles: Angles) => void;
  trail: boolean;
  lit: ReadonlySet<number>;
  /** What a screen reader says of the picture. */
  describe: string;
  /** Draw without WebGL. */
  plain: boolean;
  onStage?: (stage: Stage | null) => void;
}

export function Scene(props: SceneProps) {
  const { motion, topology, clock, timeOf, angles, onAngles, trail, lit, plain } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const tags = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage | null>(null);
  const latest = useRef({ angles, onAngles });
  latest.current = { angles, onAngles };
  const [lost, setLost] = useState(0);
  const [told, setTold] = useState("");
  const [blank, setBlank] = useState(false);
  const seen = useMemo(() => motion.observed.includes(1), [motion]);

  useLayoutEffect(() => {
    const made = makeStage(canvas.current!, plain || lost > 0);
    stage.current = made;
    setBlank(made === null);
    if (made === null) {
      // A canvas that was to draw with WebGL and could not may refuse all else: once a new one.
      if (!plain && lost === 0) setLost(1);
      return;
    }
    made.onDraw = () => placeTags(made, tags.current!);
    const grip = new Grip(canvas.current!, made, {
      angles: () => latest.current.angles,
      turn: (next) => {
        // At once: the next movement may come before the component is drawn anew.
        latest.current.angles = next;
        latest.current.onAngles(next);
      },
      tell: setTold,
    });
    const onLost = () => setLost((count) => count + 1);
    canvas.current!.addEventListener("webglcontextlost", onLost);
    const shown = canvas.current!;
    props.onStage?.(made);
    return () => {
      shown.removeEventListener("webglcontextlost", onLost);
      props.onStage?.(null);
      grip.dispose();
      made.dispose();
      stage.current = null;
    };
  }, [plain, lost]);

  useLayoutEffect(() => {
    stage.current?.show(motion, topology);
    setTold("");
  }, [motion, topology, plain, lost]);

  useLayoutEffect(() => {
    const made = stage.current;
    if (made === null) return;
    made.angles = angles;
    made.trail = trail;
    made.lit = lit;
    made.invalidate();
  });

  useEffect(() => {
    const follow = () => {
      if (stage.current === null) return;
      stage.current.time = timeOf(clock.time);
      // A clock that runs ticks once a picture: drawing now saves the wait for the next one.
      if (clock.playing) stage.current.draw();
      else stage.current.invalidate();
    };
    follow();
    return clock.subscribe(follow);
  }, [clock, timeOf, motion, plain, lost]);

  return (
    <div class="pl-scene">
      <canvas
        key={`${plain} ${lost}`}
        ref={canvas}
        class="pl-canvas"
        tabIndex={0}
        role="img"
        aria-label={props.describe}
      />
      <div ref={tags} class="pl-tags" aria-hidden="true" />
      {(blank || !seen) && (
        <p class="pl-nothing">
          {blank
            ? "This browser lets the page draw neither with WebGL nor on a canvas."
            : "No joint of this clip was observed in any frame: there is nothing to draw."}
        </p>
      )}
      <p class="pl-told" aria-live="polite">
        {told}
      </p>
    </div>
  );
}

/** A stage on a canvas, or null where the browser gives it nothing to draw with. */
function makeStage(canvas: HTMLCanvasElement, plain: boolean): Stage | null {
  try {
    return new Stage(canvas, plain);
  } catch {
    return null;
  }
}

/** Numbers above the heads of persons, where there are several, and the name of a joint. */
function placeTags(stage: Stage, layer: HTMLElement): void {
  const { figure } = stage;
  if (figure === null) return;
  const persons = figure.motion.persons > 1 ? figure.motion.persons : 0;
  const wanted = persons + 1;
  while (layer.children.length < wanted) layer.append(document.createElement("span"));
  while (layer.children.length > wanted) layer.lastChild!.remove();
  const tags = layer.children as unknown as HTMLElement[];
  const present = stage.present();
  for (let person = 0; person < persons; person++) {
    const at = present[person] ? stage.topOf(person) : null;
    move(tags[person]!, at, String(person + 1), "pl-tag pl-person", stage.size);
  }
  const pointed = stage.pointed >= 0 ? stage.project(stage.pointed) : null;
  const text = pointed === null ? "" : stage.tellJoint(stage.pointed);
  move(tags[persons]!, pointed, text, "pl-tag pl-joint", stage.size);
}

function move(
  tag: HTMLElement,
  at: readonly number[] | null,
  text: string,
  className: string,
  [width, height]: readonly [number, number],
): void {
  tag.hidden = at === null;
  if (at === null) return;
  if (tag.textContent !== text) tag.textContent = text;
  tag.className = className;
  const left = Math.min(at[0]!, width - tag.offsetWidth - 16);
  // A name of someone who reaches the upper edge stays inside.
  const top = Math.max(36, Math.min(at[1]!, height - 44));
  tag.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}
