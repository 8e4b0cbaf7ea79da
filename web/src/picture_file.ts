// SPDX-License-Identifier: GPL-3.0-or-later
/** What a picture file says about itself before anything is decoded. */

import { letters, view } from "./bytes";
import { jpegHeader } from "./jpeg";
import { pngHeader } from "./png";

/** What a copy may keep. exif: a TIFF block; xmp: a packet; icc: a profile. */
export interface Kept {
  exif?: Uint8Array;
  xmp?: Uint8Array;
  icc?: Uint8Array;
}

export interface Header extends Kept {
  kind: "jpeg" | "png" | "webp" | "avif" | "heic" | "gif" | "bmp" | "tiff" | "other";
  /** Before it is turned upright; undefined where the header doesn't tell. */
  width?: number;
  height?: number;
  /** Channels, without alpha. */
  channels?: number;
  bits?: number;
}

/** The header of a file, of its first bytes; other where it is none that is known. */
export async function readHeader(bytes: Uint8Array): Promise<Header> {
  try {
    if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpegHeader(bytes);
    if (letters(bytes, 1, 4) === "PNG") return await pngHeader(bytes);
    if (letters(bytes, 0, 4) === "RIFF" && letters(bytes, 8, 12) === "WEBP") return webpHeader(bytes);
    if (letters(bytes, 4, 8) === "ftyp") return isoHeader(bytes);
    if (letters(bytes, 0, 4) === "GIF8") {
      return { kind: "gif", width: view(bytes).getUint16(6, true), height: view(bytes).getUint16(8, true) };
    }
    if (letters(bytes, 0, 2) === "BM") {
      const [width, height] = [view(bytes).getInt32(18, true), view(bytes).getInt32(22, true)];
      return { kind: "bmp", width, height: Math.abs(height) };
    }
    if (/^(II\*\0|MM\0\*)/.test(letters(bytes, 0, 4))) return { kind: "tiff" };
  } catch {
    // RangeError: it ends too soon; the browser says whether it can be shown
  }
  return { kind: "other" };
}

function webpHeader(bytes: Uint8Array): Header {
  const header: Header = { kind: "webp" }, data = view(bytes);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = letters(bytes, at, at + 4), size = data.getUint32(at + 4, true);
    const body = bytes.subarray(at + 8, at + 8 + size);
    const part = view(body);
    if (name === "VP8X") {
      header.width = (part.getUint32(4, true) & 0xffffff) + 1;
      header.height = (part.getUint16(7, true) | (body[9]! << 16)) + 1;
    } else if (name === "VP8 " && header.width === undefined) {
      [header.width, header.height] = [part.getUint16(6, true) & 0x3fff, part.getUint16(8, true) & 0x3fff];
    } else if (name === "VP8L" && header.width === undefined) {
      const sizes = part.getUint32(1, true);
      [header.width, header.height] = [(sizes & 0x3fff) + 1, ((sizes >> 14) & 0x3fff) + 1];
    } else if (name === "ICCP") header.icc = body.slice();
    else if (name === "EXIF") header.exif = (letters(body, 0, 4) === "Exif" ? body.subarray(6) : body).slice();
    else if (name === "XMP ") header.xmp = body.slice();
    at += 8 + size + (size % 2);
  }
  return header;
}

/** AVIF and HEIC: the size is in a box `ispe`, the largest of which is the picture's. */
function isoHeader(bytes: Uint8Array): Header {
  const brands = letters(bytes, 8, Math.min(view(bytes).getUint32(0), 128));
  const kind = /avi[fs]/.test(brands) ? "avif" : /hei[cxfms]|hev[cx]|mif1|msf1/.test(brands) ? "heic" : "other";
  const header: Header = { kind }, data = view(bytes);
  for (let at = 0; at + 20 <= Math.min(bytes.length, 2 ** 16); at++) {
    if (bytes[at] !== 0x69 || letters(bytes, at, at + 4) !== "ispe") continue;
    const [width, height] = [data.getUint32(at + 8), data.getUint32(at + 12)];
    if (width * height > (header.width ?? 0) * (header.height ?? 0)) Object.assign(header, { width, height });
  }
  return header;
}

