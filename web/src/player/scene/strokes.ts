/**
 * One moment of a figure as a list of round strokes, the farthest first: both painters draw them in
 * this order, so no depth buffer is needed and every edge is smooth.
 */
import { type Pose, presentIn } from "../../motion/motion";
import { type Colours, limbColour, mix, type Rgb } from "./colours";
import type { Figure } from "./figure";
import { dropOnto } from "./floor";
import type { Camera, Vector } from "./view";

/** What is drawn of one moment. */
export interface Shot {
  readonly camera: Camera;
  readonly colours: Colours;
  readonly pose: Pose;
  /** Joints [P * J] of the steps that are going on. */
  readonly lit: ReadonlySet<number>;
  /** The joint under the pointer or the focus, or -1. */
  readonly pointed: number;
  /** Poses before this one, newest first; empty without a trail. */
  readonly trail: readonly Pose[];
}

/** Numbers of a stroke: two ends, colour and alpha, width, dashes, line of a ring. */
export const FIELDS = 13;
export const FIELD = { from: 0, to: 3, colour: 6, width: 10, dashes: 11, ring: 12 };

/** CSS pixels. */
const BONE_WIDTH = 3.4;
const FAINT_WIDTH = 1.8;
const JOINT_RADIUS = 4.1;
/** A rim in the colour of the ground keeps limbs that cross apart. */
const RIM = 2.2;
const HEAD_METRES = 0.085;
/** A dash and the gap after it. */
const DASH_METRES = 0.088;
/** Share of the ink that is left of what was not observed. */
const FAINT = 0.45;

export class Strokes {
  values = new Float32Array(FIELDS * 256);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  add(from: Vector, to: Vector, colour: Rgb, alpha: number, width: number, dashes = 0, ring = 0) {
    if ((this.count + 1) * FIELDS > this.values.length) this.#grow();
    const at = this.count++ * FIELDS;
    this.values.set(from, at);
    this.values.set(to, at + FIELD.to);
    this.values.set(colour, at + FIELD.colour);
    this.values[at + FIELD.colour + 3] = alpha;
    this.values[at + FIELD.width] = width;
    this.values[at + FIELD.dashes] = dashes;
    this.values[at + FIELD.ring] = ring;
  }

  disc(at: Vector, radius: number, colour: Rgb, alpha = 1): void {
    this.add(at, at, colour, alpha, 2 * radius);
  }

  ring(at: Vector, radius: number, line: number, colour: Rgb, alpha = 1): void {
    this.add(at, at, colour, alpha, 2 * radius, 0, line);
  }

  #grow(): void {
    const values = new Float32Array(2 * this.values.length);
    values.set(this.values);
    this.values = values;
  }
}

export function drawFigure(figure: Figure, shot: Shot, strokes: Strokes): void {
  strokes.clear();
  const present = presentIn(figure.motion, shot.pose);
  addShadow(figure, shot, present, strokes);
  addTrail(figure, shot, strokes);
  addBody(figure, shot, present, strokes);
}

export function placeOf(pose: Pose, joint: number): Vector {
  const { positions } = pose;
  return [positions[3 * joint]!, positions[3 * joint + 1]!, positions[3 * joint + 2]!];
}

/** CSS pixels of the disc that stands for a joint at a depth. */
export function jointRadius(figure: Figure, camera: Camera, joint: number, depth: number): number {
  const least = JOINT_RADIUS * camera.thickness;
  if (joint % figure.motion.joints !== figure.head) return least;
  const pixels = camera.focal / (camera.flat ? 1 : Math.max(depth, 1e-6));
  return Math.min(26, Math.max(least, HEAD_METRES * figure.fit.scale * pixels));
}

/** Bones as they lie on the floor: they show where in the room a person stands. */
function addShadow(figure: Figure, shot: Shot, present: boolean[], strokes: Strokes): void {
  if (figure.floor === null) return;
  const { floor } = figure;
  const onFloor = (joint: number) => dropOnto(floor, placeOf(shot.pose, joint));
  const ink: Rgb = shot.colours.dark ? [0, 0, 0] : shot.colours.fg;
  const alpha = shot.colours.dark ? 0.28 : 0.07;
  for (const bone of figure.bones) {
    if (!present[bone.person] || !isPlaced(figure, bone.from, bone.to)) continue;
    strokes.add(onFloor(bone.from), onFloor(bone.to), ink, alpha, 8);
  }
}

function addTrail(figure: Figure, shot: Shot, strokes: Strokes): void {
  const { trail } = shot;
  for (const joint of figure.ends) {
    const colour = colourOf(figure, shot, joint);
    // The oldest first, so that the newest lies above it.
    for (let k = trail.length - 2; k >= 0; k--) {
      const [newer, older] = [trail[k]!, trail[k + 1]!];
      if (!newer.observed[joint] || !older.observed[joint]) continue;
      const fresh = 1 - k / trail.length;
      const [from, to] = [placeOf(older, joint), placeOf(newer, joint)];
      strokes.add(from, to, mix(shot.colours.bg, colour, 0.15 + 0.6 * fresh), 1, 1.2 + 2.2 * fresh);
    }
  }
}

function addBody(figure: Figure, shot: Shot, present: boolean[], strokes: Strokes): void {
  const { camera, pose } = shot;
  const parts: [depth: number, add: () => void][] = [];
  // A joint lies above the bones that end in it, whichever way they point.
  const nearest = Array.from(
    pose.observed,
    (_, joint) => camera.project(...placeOf(pose, joint))[2],
  );
  const depths = [...nearest];
  for (const bone of figure.bones) {
    if (!present[bone.person] || !isPlaced(figure, bone.from, bone.to)) continue;
    const [from, to] = [placeOf(pose, bone.from), placeOf(pose, bone.to)];
    const depth = (depths[bone.from]! + depths[bone.to]!) / 2;
    for (const end of [bone.from, bone.to]) nearest[end] = Math.min(nearest[end]!, depth);
    const seen = pose.observed[bone.from] === 1 && pose.observed[bone.to] === 1;
    const dashes = bone.side === "left" ? bone.length / (DASH_METRES * figure.fit.scale) : 0;
    const count = dashes === 0 ? 0 : Math.max(2, Math.round(dashes));
    const colour = limbColour(shot.colours, bone.side, bone.person);
    const width = (seen ? BONE_WIDTH : FAINT_WIDTH) * camera.thickness;
    parts.push([
      depth,
      () => {
        if (seen) strokes.add(from, to, shot.colours.bg, 0.85, width + 2 * RIM);
        strokes.add(from, to, colour, seen ? 1 : FAINT, width, count);
      },
    ]);
  }
  pose.observed.forEach((_, joint) => {
    const person = Math.floor(joint / figure.motion.joints);
    if (!present[person] || !figure.ever[joint]) return;
    const add = () => addJoint(figure, shot, joint, depths[joint]!, strokes);
    parts.push([nearest[joint]! - 1e-4 * figure.fit.scale, add]);
  });
  parts.sort((a, b) => b[0] - a[0]);
  for (const [, add] of parts) add();
}

function addJoint(figure: Figure, shot: Shot, joint: number, depth: number, strokes: Strokes) {
  const { colours, pose } = shot;
  const at = placeOf(pose, joint);
  const colour = colourOf(figure, shot, joint);
  const radius = jointRadius(figure, shot.camera, joint, depth);
  if (shot.lit.has(joint)) strokes.disc(at, radius + 6, colours.accent, 0.32);
  if (pose.observed[joint]) {
    strokes.disc(at, radius + 1.2, colours.bg, 0.85);
    strokes.disc(at, radius, colour);
  } else {
    strokes.disc(at, radius, colours.bg);
    strokes.ring(at, radius, 1.5, colour, FAINT + 0.2);
  }
  if (joint === shot.pointed) strokes.ring(at, radius + 5, 1.8, colours.fg);
}

function colourOf(figure: Figure, shot: Shot, joint: number): Rgb {
  const person = Math.floor(joint / figure.motion.joints);
  return limbColour(shot.colours, figure.sides[joint]!, person);
}

function isPlaced(figure: Figure, from: number, to: number): boolean {
  return figure.ever[from] === 1 && figure.ever[to] === 1;
}
