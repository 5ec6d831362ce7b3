/** The colours of the page, as its style sheet defines them, in the form that painters take. */

/** 0..1 each. */
export type Rgb = readonly [number, number, number];

export interface Colours {
  readonly bg: Rgb;
  readonly fg: Rgb;
  readonly line: Rgb;
  readonly left: Rgb;
  readonly right: Rgb;
  readonly accent: Rgb;
  readonly dark: boolean;
}

const FALLBACKS = {
  bg: "#ffffff",
  fg: "#1c1f26",
  line: "#d4d8e0",
  left: "#b4530a",
  right: "#1a5fb4",
  accent: "#6b3fd4",
};

/** Reads the colours where an element stands. */
export function readColours(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const read = (name: keyof typeof FALLBACKS) => {
    probe.style.color = `var(--stage-${name}, var(--${name}, ${FALLBACKS[name]}))`;
    return toRgb(getComputedStyle(probe).color);
  };
  const bg = read("bg");
  const colours = {
    bg,
    fg: read("fg"),
    line: read("line"),
    left: read("left"),
    right: read("right"),
    accent: read("accent"),
    dark: luminance(bg) < 0.4,
  };
  probe.remove();
  return colours;
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const at = (k: 0 | 1 | 2) => a[k] + share * (b[k] - a[k]);
  return [at(0), at(1), at(2)];
}

export function css(colour: Rgb, alpha = 1): string {
  const [r, g, b] = colour.map((value) => Math.round(255 * value));
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** The colour of a side of a person: those after the first are nearer to the ink. */
export function limbColour(colours: Colours, side: "left" | "right" | "mid", person: number): Rgb {
  const own = side === "mid" ? mix(colours.fg, colours.bg, 0.18) : colours[side];
  return person === 0 ? own : mix(own, colours.fg, 0.28);
}

function luminance([r, g, b]: Rgb): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

let pixel: CanvasRenderingContext2D | null = null;

/** Of any way in which a browser writes a colour: it is drawn, and read back. */
function toRgb(colour: string): Rgb {
  const plain = colour.match(/^rgba?\((\d+), (\d+), (\d+)/);
  if (plain) return [+plain[1]! / 255, +plain[2]! / 255, +plain[3]! / 255];
  pixel ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (pixel === null) return [0.5, 0.5, 0.5];
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
  return [r! / 255, g! / 255, b! / 255];
}
