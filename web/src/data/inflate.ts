// Blocks that lie in the page: base64 of raw deflate.

/** Whether the page holds a block of this name. */
export function hasBlock(name: string): boolean {
  return document.getElementById(`sk-blk-${name}`) !== null;
}

/** The inflated bytes of a block of the page. */
export async function readBlock(name: string): Promise<Uint8Array> {
  const element = document.getElementById(`sk-blk-${name}`);
  if (element === null) throw new Error(`the page holds no block "${name}": was it cut short?`);
  const packed = fromBase64((element.textContent ?? "").trim());
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error(`block "${name}" cannot be inflated: the file is damaged, make it anew`);
  }
}

export async function readJsonBlock<T>(name: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await readBlock(name))) as T;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const modern = Uint8Array as unknown as {
    fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
  };
  if (modern.fromBase64) return modern.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
