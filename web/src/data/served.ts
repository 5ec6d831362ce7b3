// A source behind `skeletonllm view`, on this machine.
import { type Motion, unpackMotion } from "../motion/unpack";
import type { Answer, Head, Query, Reading, Row, Source, Texts } from "./source";

export class ServedSource implements Source {
  readonly head: Head;

  constructor(head: Head) {
    this.head = head;
  }

  query(query: Query): Promise<Answer> {
    return json(`api/query?q=${encodeURIComponent(JSON.stringify(query))}`);
  }

  async rows(at: readonly number[]): Promise<Row[]> {
    if (at.length === 0) return [];
    return (await json<{ rows: Row[] }>(`api/rows?at=${at.join(",")}`)).rows;
  }

  texts(row: number): Promise<Texts> {
    return json(`api/texts?row=${row}`);
  }

  async motion(row: number, rate: "full" | number = "full"): Promise<Motion> {
    const answer = await get(`api/motion?row=${row}&fps=${rate}`);
    return unpackMotion(new Uint8Array(await answer.arrayBuffer()));
  }

  async find(clip: string): Promise<number> {
    const where = { clip_id: [clip] };
    const query: Query = { text: "", where, range: {}, sort: null, offset: 0, limit: 1 };
    return (await this.query(query)).rows[0] ?? -1;
  }

  picture(row: number, renderer: string, frame: number): string {
    return `api/picture?row=${row}&renderer=${encodeURIComponent(renderer)}&frame=${frame}`;
  }

  onReading(listener: (reading: Reading) => void): void {
    listener({ done: 1, of: 1, damage: null });
  }
}

async function get(path: string): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path);
  } catch {
    throw new Error("the server does not answer: does `skeletonllm view` still run?");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw new Error(said?.error ?? `the server answered ${answer.status} to ${path}`);
}

async function json<T>(path: string): Promise<T> {
  return (await get(path)).json() as Promise<T>;
}
