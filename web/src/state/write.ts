// Numbers as people read them.

const whole = new Intl.NumberFormat("en");

export function count(value: number): string {
  return whole.format(value);
}

/** "1 clip", "2,000 clips". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const ONE: Readonly<Record<string, string>> = {
  clips: "clip",
  rationales: "rationale",
  sources: "source",
  steps: "step",
};

/** The unit of a chart for a count: "1 clip". */
export function unitOf(value: number, unit: string): string {
  return value === 1 && Object.hasOwn(ONE, unit) ? ONE[unit]! : unit;
}

export function number(value: number): string {
  if (Number.isInteger(value)) return count(value);
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

export function percent(value: number): string {
  return `${Math.round(value * 100)} %`;
}

/** What an error says to the person who looks at the page. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Columns are named in small letters; headings begin with a large one. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
