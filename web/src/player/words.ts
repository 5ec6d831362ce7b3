/** Numbers, times and pictures in words. */
import type { Row } from "../data/source";
import { nameOf } from "../state/name";
import { counted } from "../state/write";
import type { Clip } from "./load";
import { type Angles, PRESETS, presetAngles } from "./scene/view";

export function seconds(time: number): string {
  return time.toFixed(2);
}

/** "0.4 to 1.2 s", or as much of it as is known. */
export function span(start: number | null, end: number | null): string {
  if (start === null && end === null) return "";
  if (start === null || end === null) return `${trim(start ?? end ?? 0)} s`;
  return `${trim(start)} to ${trim(end)} s`;
}

export function textOf(cells: Row, name: string): string {
  const value = cells[name];
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? value.join(", ") : String(value);
}

/** The name of a direction one looks from. */
export function nameView(angles: Angles): string {
  const { preset } = angles;
  const { yaw, pitch } = presetAngles(preset);
  if (yaw !== angles.yaw || pitch !== angles.pitch) return "turned by hand";
  return preset === "start" ? "from the front, a little turned" : `${PRESETS[preset].title} view`;
}

/** What a screen reader says of a moving picture. */
export function describe(clip: Clip, angles: Angles): string {
  const { motion, cells, duration, seen } = clip;
  const who = counted(motion.persons, "person");
  const flat = motion.space === "image" ? "in the plane of the picture" : nameView(angles);
  return (
    `Moving skeleton of "${nameOf(cells)}": ${who} of ${motion.joints} joints, ` +
    `${seconds(duration)} seconds, ${flat}. ${(100 * seen).toFixed(0)} % of joints were observed. ` +
    "Left limbs are dashed, joints that were not observed are hollow."
  );
}

function trim(time: number): string {
  return String(Number(time.toFixed(2)));
}
