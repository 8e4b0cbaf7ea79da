// SPDX-License-Identifier: GPL-3.0-or-later
/** EXIF and XMP of a photo, made true of its upright, edited copy. */

import { letters, view } from "./bytes";

const ORIENTATION = 0x0112, EXIF_IFD = 0x8769, WIDTH = 0xa002, HEIGHT = 0xa003;
const SHORT = 3, LONG = 4;
/** Of tags in one directory; files that claim more are broken. */
const MOST_TAGS = 1000;

interface Tag {
  at: number;
  type: number;
}

/**
 * A TIFF block as EXIF has it, changed in place of a copy: orientation 1, width and height as given, and no thumbnail,
 * which would show the picture as it was. null where it can't be followed.
 */
export function upright(block: Uint8Array, width: number, height: number): Uint8Array | null {
  const copy = block.slice(), data = view(copy);
  const little = letters(copy, 0, 2) === "II";
  try {
    if (data.getUint16(2, little) !== 42) return null;
    const first = data.getUint32(4, little);
    const tags = directory(data, first, little);
    set(data, tags.get(ORIENTATION), 1, little);
    const exif = tags.get(EXIF_IFD);
    if (exif) {
      const inner = directory(data, data.getUint32(exif.at + 8, little), little);
      set(data, inner.get(WIDTH), width, little);
      set(data, inner.get(HEIGHT), height, little);
    }
    data.setUint32(first + 2 + 12 * data.getUint16(first, little), 0, little); // the directory that has the thumbnail
    return copy;
  } catch {
    return null; // RangeError: an offset leads outside
  }
}

function directory(data: DataView, at: number, little: boolean): Map<number, Tag> {
  const count = data.getUint16(at, little);
  if (count > MOST_TAGS) throw new RangeError();
  const tags = new Map<number, Tag>();
  for (let i = 0; i < count; i++) {
    const entry = at + 2 + 12 * i;
    tags.set(data.getUint16(entry, little), { at: entry, type: data.getUint16(entry + 2, little) });
  }
  return tags;
}

function set(data: DataView, tag: Tag | undefined, value: number, little: boolean): void {
  if (tag?.type === SHORT) data.setUint16(tag.at + 8, value, little);
  if (tag?.type === LONG) data.setUint32(tag.at + 8, value, little);
}

/** An XMP packet with orientation 1. null where it tells of a gain map or other pictures, which the copy lacks. */
export function uprightXmp(packet: Uint8Array): Uint8Array | null {
  const text = new TextDecoder().decode(packet);
  if (/hdrgm|HDRGainMap|Container:Directory|GCamera:MicroVideo|GDepth|xmpNote:HasExtendedXMP/.test(text)) return null;
  const turned = text
    .replace(/(tiff:Orientation\s*=\s*["'])\d(["'])/g, "$11$2")
    .replace(/(<tiff:Orientation>)\d(<)/g, "$11$2");
  return new TextEncoder().encode(turned);
}
