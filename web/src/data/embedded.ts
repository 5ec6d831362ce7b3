// A source whose data lie in the page: nothing is asked of any network.
import { type Motion, motionOfBlock, unpackMotion } from "../motion/unpack";
import { messageOf } from "../state/write";
import { type Columns, type PackedRows, rowOf, unpackColumns } from "./columns";
import { Finder } from "./finder";
import { readBlock, readJsonBlock } from "./inflate";
import { Keeper } from "./keeper";
import type { Answer, Head, Query, Reading, Row, Source, Texts } from "./source";

const KEPT_BLOCKS = 8;

export class EmbeddedSource implements Source {
  readonly head: Head;
  readonly #columns: Columns;
  readonly #finder: Finder;
  readonly #texts = new Keeper(KEPT_BLOCKS, (k) => readJsonBlock<Texts[]>(`texts-${k}`));
  readonly #motions = new Keeper(KEPT_BLOCKS, (k) => readBlock(`motions-${k}`));
  readonly #listeners: ((reading: Reading) => void)[] = [];
  #reading: Reading;

  private constructor(head: Head, columns: Columns) {
    this.head = head;
    this.#columns = columns;
    this.#finder = new Finder(columns);
    this.#reading = { done: 0, of: head.blocks.texts, damage: null };
    void this.#readTexts();
  }

  static async open(head: Head): Promise<EmbeddedSource> {
    return new EmbeddedSource(head, unpackColumns(await readJsonBlock<PackedRows>("rows")));
  }

  async query(query: Query): Promise<Answer> {
    return this.#finder.answer(query);
  }

  async rows(at: readonly number[]): Promise<Row[]> {
    return at.map((row) => rowOf(this.#columns, row));
  }

  async texts(row: number): Promise<Texts> {
    const size = this.head.block_size.texts;
    const block = await this.#texts.get(Math.floor(row / size));
    const texts = block[row % size];
    if (texts === undefined) throw new Error(`the page holds no texts of row ${row}`);
    return texts;
  }

  async motion(row: number): Promise<Motion> {
    const size = this.head.block_size.motions;
    const block = await this.#motions.get(Math.floor(row / size));
    return unpackMotion(motionOfBlock(block, row % size));
  }

  async find(clip: string): Promise<number> {
    const ids = this.#columns.values.get("clip_id");
    return ids?.kind === "text" ? ids.values.indexOf(clip) : -1;
  }

  picture(): null {
    return null;
  }

  onReading(listener: (reading: Reading) => void): void {
    this.#listeners.push(listener);
    listener(this.#reading);
  }

  /** Reads all that was said about the clips while the page is idle, so that it can be searched. */
  async #readTexts(): Promise<void> {
    const size = this.head.block_size.texts;
    let damage: string | null = null;
    for (let block = 0; block < this.head.blocks.texts; block++) {
      await idle();
      try {
        const texts = await readJsonBlock<Texts[]>(`texts-${block}`);
        texts.forEach((text, i) => {
          this.#finder.hear(block * size + i, wordsOf(text));
        });
      } catch (error) {
        damage ??= messageOf(error);
      }
      this.#reading = { done: block + 1, of: this.head.blocks.texts, damage };
      for (const listener of this.#listeners) listener(this.#reading);
    }
  }
}

function wordsOf(texts: Texts): string {
  const steps = texts.rationales.flatMap((r) => [r.text, ...r.steps.map((step) => step.text)]);
  return [...new Set([...steps, ...texts.captions.map((caption) => caption.text)])].join("\n");
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: 200 });
    else setTimeout(resolve, 5);
  });
}
