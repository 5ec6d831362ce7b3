/** Programs of the graphics processor. `share` is that of a dash in a dash and its gap. */
import { DASH_SHARE } from "./painter";

/** Puts a square around a stroke, in CSS pixels of the canvas. */
export const STROKE_VERTEX = /* glsl */ `
in vec3 from;
in vec3 to;
in vec4 colour;
in vec3 shape;
uniform vec2 size;
out vec2 place;
flat out vec4 ink;
flat out vec3 form;
flat out float extent;

void main() {
  vec4 a = projectionMatrix * modelViewMatrix * vec4(from, 1.0);
  vec4 b = projectionMatrix * modelViewMatrix * vec4(to, 1.0);
  ink = colour;
  form = shape;
  if (a.w <= 0.0 || b.w <= 0.0) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  vec2 start = a.xy / a.w * size / 2.0;
  vec2 way = b.xy / b.w * size / 2.0 - start;
  extent = length(way);
  vec2 along = extent > 1e-4 ? way / extent : vec2(1.0, 0.0);
  float reach = shape.x / 2.0 + 1.0;
  place = vec2(position.x > 0.0 ? extent + reach : -reach, position.y * reach);
  vec2 at = start + along * place.x + vec2(-along.y, along.x) * place.y;
  gl_Position = vec4(at / size * 2.0, 0.0, 1.0);
}`;

/** Cuts it to a line with round ends, to dashes with round ends, to a disc or to a ring. */
export const STROKE_FRAGMENT = /* glsl */ `
in vec2 place;
flat in vec4 ink;
flat in vec3 form;
flat in float extent;
uniform float ratio;
out vec4 shown;

void main() {
  float dash = extent;
  float x = place.x;
  if (form.y > 0.0) {
    float period = extent / (form.y - 1.0 + ${DASH_SHARE.toFixed(3)});
    dash = ${DASH_SHARE.toFixed(3)} * period;
    x -= period * clamp(round((x - dash / 2.0) / period), 0.0, form.y - 1.0);
  }
  float away = length(vec2(max(max(-x, x - dash), 0.0), place.y));
  float edge = away - form.x / 2.0;
  if (form.z > 0.0) edge = abs(away - form.x / 2.0 + form.z / 2.0) - form.z / 2.0;
  float cover = clamp(0.5 - edge * ratio, 0.0, 1.0);
  if (cover == 0.0) discard;
  shown = vec4(ink.rgb, ink.a * cover);
}`;

export const FLOOR_VERTEX = /* glsl */ `
uniform float radius;
out vec2 ground;

void main() {
  ground = 2.0 * radius * position.xz;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

/** Thin lines on a soft disc; both fade away from the middle. */
export const FLOOR_FRAGMENT = /* glsl */ `
in vec2 ground;
uniform vec3 ink;
uniform float radius;
uniform float apart;
out vec4 shown;

void main() {
  vec2 at = ground / apart;
  vec2 width = fwidth(at);
  vec2 near = abs(fract(at - 0.5) - 0.5) / max(width, vec2(1e-6));
  // Where lines come closer than pixels, their mean is shown.
  vec2 cover = clamp(1.0 - near, 0.0, 1.0) * clamp(1.4 - 2.0 * width, 0.0, 1.0);
  float fade = clamp(1.0 - length(ground) / radius, 0.0, 1.0);
  float soft = smoothstep(0.0, 0.6, fade);
  // A grain of half a step of 8 bits: without it the soft disc would show rings.
  float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
  shown = vec4(ink, soft * (0.65 * max(cover.x, cover.y) + 0.05) + grain / 255.0);
}`;
