// SPDX-License-Identifier: GPL-3.0-or-later
/** PNG files: what stands before the samples, and how it comes into a copy. */

import { big32, joined, latin, letters, view, zlib } from "./bytes";
import type { Header, Kept } from "./picture_file";

const SIGNATURE = 8, IHDR_END = SIGNATURE + 25;
const GREY = [0, 4];
const XMP = "XML:com.adobe.xmp\0\0\0\0\0";

/** RangeError where the file ends in its header. */
export async function pngHeader(bytes: Uint8Array): Promise<Header> {
  const data = view(bytes);
  const header: Header = {
    kind: "png", width: data.getUint32(16), height: data.getUint32(20), bits: bytes[24]!,
    channels: GREY.includes(bytes[25]!) ? 1 : 3,
  };
  for (let at = IHDR_END; at + 8 <= bytes.length; ) {
    const length = data.getUint32(at), name = letters(bytes, at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (name === "IDAT") break;
    if (name === "eXIf") header.exif = body.slice();
    if (name === "iTXt" && letters(body, 0, XMP.length) === XMP) header.xmp = body.slice(XMP.length);
    if (name === "iCCP") {
      header.icc = await zlib(body.subarray(body.indexOf(0) + 2), false).catch(() => new Uint8Array());
    }
    at += 12 + length;
  }
  return header;
}

/** A PNG with these behind its first chunk. */
export async function withKept(png: Uint8Array, kept: Kept): Promise<Uint8Array<ArrayBuffer>> {
  const chunks = [];
  if (kept.icc) chunks.push(chunk("iCCP", joined([latin("ICC profile\0\0"), await zlib(kept.icc, true)])));
  if (kept.exif) chunks.push(chunk("eXIf", kept.exif));
  if (kept.xmp) chunks.push(chunk("iTXt", joined([latin(XMP), kept.xmp])));
  return joined([png.subarray(0, IHDR_END), ...chunks, png.subarray(IHDR_END)]);
}

function chunk(name: string, contents: Uint8Array): Uint8Array {
  const checked = joined([latin(name), contents]);
  return joined([big32(contents.length), checked, big32(crc(checked))]);
}

/** CRC-32 (ISO 3309), bit by bit: of some kilobytes. */
function crc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
