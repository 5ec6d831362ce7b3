import { describe, expect, it } from "vitest";
import type { Motion } from "../../motion/motion";
import { dropOnto, findFloor, pointOn } from "./floor";

/** Someone whose two feet, 1 m below the head, step along a slope; the sensor has noise. */
function walk(slope: number, way: number, jump = 0): Motion {
  const frames = 40;
  const positions: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const z = 2 + (way * frame) / (frames - 1);
    const leap = frame > 30 ? jump : 0;
    const ground = -1 + slope * z + leap + 0.01 * Math.sin(7 * frame);
    positions.push(0.1, ground, z, -0.1, ground + 0.1 * (frame % 3), z, 0, ground + 1, z);
  }
  return {
    fps: 10,
    frames,
    persons: 1,
    joints: 3,
    topology: "made",
    positions: Float32Array.from(positions),
    observed: new Uint8Array(3 * frames).fill(1),
    unit: "m",
    space: "camera",
    sourceFps: 10,
    sourceFrames: frames,
  };
}

describe("findFloor", () => {
  it("slopes as the floor does on which someone walks", () => {
    const { up, origin } = findFloor(walk(0.3, 3))!;
    expect(-up[2] / up[1]).toBeCloseTo(0.3, 1);
    expect(up[0]).toBeCloseTo(0, 2);
    expect(origin[1]).toBeCloseTo(-1 + 0.3 * origin[2], 1);
  });

  it("is level under someone who stays, and lies below one who jumps", () => {
    for (const jump of [0, 0.5]) {
      const { up, origin } = findFloor(walk(0, 0.05, jump))!;
      expect(up[1]).toBeGreaterThan(0.99);
      expect(origin[1]).toBeCloseTo(-1, 1);
    }
  });

  it("is drawn where there is an up axis and metres", () => {
    expect(findFloor({ ...walk(0, 1), space: "image", unit: "px" })).toBeNull();
    expect(findFloor({ ...walk(0, 1), unit: "" })).toBeNull();
    const unseen = { ...walk(0, 1), observed: new Uint8Array(120) };
    expect(findFloor(unseen)).toBeNull();
  });

  it("takes points straight down onto the plane", () => {
    const floor = findFloor(walk(0.3, 3))!;
    const onIt = pointOn(floor, 0.4, -0.7);
    const above = onIt.map((value, k) => value + 1.3 * floor.up[k]!) as typeof onIt;
    dropOnto(floor, above).forEach((value, k) => {
      expect(value).toBeCloseTo(onIt[k]!, 6);
    });
  });
});
