// The answer to what is asked for, and the pages of rows around what is in sight.
import { batch, effect, signal } from "@preact/signals";
import type { Answer, Query, Reading, Row, Source } from "../data/source";
import { type View, view } from "./view";
import { messageOf } from "./write";

const PAGE = 100;
const TYPING_MS = 150;

export interface Listed {
  readonly number: number;
  readonly row: Row;
}

/** The state of the list. */
export class Results {
  readonly source: Source;
  readonly answer = signal<Answer | null>(null);
  /** Counts of words without any filter. */
  readonly whole = signal<Answer | null>(null);
  readonly error = signal<string | null>(null);
  readonly reading = signal<Reading>({ done: 0, of: 0, damage: null });
  /** Whether an answer is being waited for. */
  readonly busy = signal(false);
  /** Grows whenever more rows have come. */
  readonly grown = signal(0);
  #pages = new Map<number, Listed[] | null>();
  /** Of clips that were asked for, in the list of now. */
  #places = new Map<string, Promise<number>>();
  #asked = "";
  /** What the answer of now was asked. */
  #answered = "";
  #turn = 0;
  #timer = 0;

  constructor(source: Source) {
    this.source = source;
    source.onReading((reading) => {
      this.reading.value = reading;
      // What has just been read may hold the words that are looked for.
      if (view.peek().text !== "" && reading.done > 0) this.#askAgain();
    });
    void this.#askWhole();
    effect(() => this.#follow(view.value));
  }

  retry(): void {
    if (this.whole.peek() === null) void this.#askWhole();
    this.#askAgain();
  }

  /** The row at a place of the list, or undefined while it is being fetched. */
  at(index: number): Listed | undefined {
    const page = Math.floor(index / PAGE);
    if (!this.#pages.has(page)) void this.#fetchPage(page);
    return this.#pages.get(page)?.[index % PAGE];
  }

  /** The place of a clip in the list, or -1. */
  async placeOf(clip: string | null): Promise<number> {
    if (clip === null) return -1;
    for (const [page, listed] of this.#pages) {
      const at = listed?.findIndex(({ row }) => row.clip_id === clip) ?? -1;
      if (at >= 0) return page * PAGE + at;
    }
    const places = this.#places;
    const place = places.get(clip) ?? this.#askPlace(clip);
    places.set(clip, place);
    // What failed is asked again.
    return place.catch(() => {
      places.delete(clip);
      return -1;
    });
  }

  /** The row at a place, once it is there. */
  async wait(index: number): Promise<Listed | undefined> {
    if (!this.at(index)) await this.#fetchPage(Math.floor(index / PAGE));
    return this.at(index);
  }

  async #askPlace(clip: string): Promise<number> {
    const asked = queryOf(view.peek(), 0);
    const row = await this.source.find(clip);
    if (row < 0) return -1;
    return (await this.source.query({ ...asked, limit: 0, place_of: row })).place ?? -1;
  }

  #askAgain(): void {
    this.#asked = "";
    this.#follow(view.peek());
  }

  async #askWhole(): Promise<void> {
    try {
      this.whole.value = await this.source.query(
        queryOf({ text: "", where: {}, range: {}, sort: null }, 0),
      );
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  #follow(at: View): void {
    const asked = JSON.stringify([at.text, at.where, at.range, at.sort], plain);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.busy.value = true;
    clearTimeout(this.#timer);
    const wait = this.source.head.mode === "served" && at.text !== "" ? TYPING_MS : 0;
    if (wait === 0) void this.#ask(at);
    else this.#timer = window.setTimeout(() => void this.#ask(at), wait);
  }

  async #ask(at: View): Promise<void> {
    const turn = ++this.#turn;
    const asked = this.#asked;
    try {
      const answer = await this.source.query(queryOf(at, 0));
      const first = await this.#rowsOf(answer);
      if (turn !== this.#turn) return;
      // What has been read since held none of the words: the list stays, and who is in it.
      const same = asked === this.#answered && isSame(answer, this.answer.peek());
      if (same && this.error.peek() === null) return;
      this.#answered = asked;
      this.#pages = new Map([[0, first]]);
      this.#places = new Map();
      batch(() => {
        this.answer.value = answer;
        this.error.value = null;
        this.grown.value++;
      });
    } catch (error) {
      if (turn === this.#turn) this.error.value = messageOf(error);
    } finally {
      if (turn === this.#turn) this.busy.value = false;
    }
  }

  async #fetchPage(page: number): Promise<void> {
    const pages = this.#pages;
    if (!pages.has(page)) pages.set(page, null);
    try {
      pages.set(page, await this.#rowsOf(await this.source.query(queryOf(view.peek(), page))));
      if (pages === this.#pages) this.grown.value++;
    } catch (error) {
      pages.delete(page);
      this.error.value = messageOf(error);
    }
  }

  async #rowsOf(answer: Answer): Promise<Listed[]> {
    const rows = await this.source.rows(answer.rows);
    return rows.map((row, i) => ({ number: answer.rows[i]!, row }));
  }
}

function isSame(answer: Answer, before: Answer | null): boolean {
  return answer.total === before?.total && String(answer.rows) === String(before.rows);
}

function queryOf(at: Pick<View, "text" | "where" | "range" | "sort">, page: number): Query {
  const { text, where, range, sort } = at;
  return { text, where, range: closed(range), sort, offset: page * PAGE, limit: PAGE };
}

/** JSON knows no infinity. */
function closed(range: Query["range"]): Query["range"] {
  const close = (value: number) => Math.max(-1e15, Math.min(1e15, value));
  return Object.fromEntries(
    Object.entries(range).map(([name, [low, high]]) => [name, [close(low), close(high)]]),
  );
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
