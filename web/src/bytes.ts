// SPDX-License-Identifier: GPL-3.0-or-later
/** Reading and writing binary files. */

export const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes as Latin letters, for signatures. */
export const letters = (bytes: Uint8Array, from = 0, to = bytes.length): string =>
  String.fromCharCode(...bytes.subarray(from, Math.min(to, bytes.length)));

export const latin = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export function big32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  view(bytes).setUint32(0, value);
  return bytes;
}

/** Unpacked or packed as zlib does it. */
export async function zlib(bytes: Uint8Array, pack: boolean): Promise<Uint8Array> {
  const stream = pack ? new CompressionStream("deflate") : new DecompressionStream("deflate");
  const through = new Blob([bytes.slice()]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(through).arrayBuffer());
}

export function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
