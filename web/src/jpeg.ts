// SPDX-License-Identifier: GPL-3.0-or-later
/** JPEG files: what stands before the samples, and how it comes into a copy. */

import { joined, latin, letters, view } from "./bytes";
import type { Header, Kept } from "./picture_file";

const EXIF = "Exif\0\0", XMP = "http://ns.adobe.com/xap/1.0/\0", ICC = "ICC_PROFILE\0";
const APP1 = 0xe1, APP2 = 0xe2, SCAN = 0xda;
/** Bytes of a segment at most, less its length's own two. */
const LONGEST = 65533;

/** RangeError where the file ends in its header. */
export function jpegHeader(bytes: Uint8Array): Header {
  const header: Header = { kind: "jpeg" }, data = view(bytes);
  const profile: Uint8Array[] = [];
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    if (marker === SCAN) break;
    const length = data.getUint16(at + 2), body = bytes.subarray(at + 4, at + 2 + length);
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) {
      const part = view(body);
      Object.assign(header, { bits: body[0], height: part.getUint16(1), width: part.getUint16(3), channels: body[5] });
    } else if (marker === APP1 && starts(body, EXIF)) header.exif ??= body.slice(EXIF.length);
    else if (marker === APP1 && starts(body, XMP)) header.xmp ??= body.slice(XMP.length);
    else if (marker === APP2 && starts(body, ICC)) profile[body[ICC.length]!] = body.subarray(ICC.length + 2);
    at += 2 + length;
  }
  if (profile.length) header.icc = joined(profile.filter(Boolean));
  return header;
}

const starts = (body: Uint8Array, name: string): boolean => letters(body, 0, name.length) === name;

/**
 * A JPEG as a browser writes it, with these behind its JFIF segment; what doesn't fit into a segment is left out. The
 * browser's own profile makes room for the photo's.
 */
export function withKept(written: Uint8Array, kept: Kept): Uint8Array<ArrayBuffer> {
  const jpeg = kept.icc ? withoutProfile(written) : written;
  const jfif = jpeg[3] === 0xe0 ? 4 + view(jpeg).getUint16(4) : 2;
  const segments = [];
  if (kept.exif) segments.push(segment(APP1, EXIF, kept.exif));
  if (kept.xmp) segments.push(segment(APP1, XMP, kept.xmp));
  if (kept.icc) {
    const room = LONGEST - ICC.length - 2, count = Math.ceil(kept.icc.length / room);
    for (let i = 0; i < count && count < 256; i++) {
      const number = String.fromCharCode(i + 1, count);
      segments.push(segment(APP2, ICC + number, kept.icc.subarray(i * room, (i + 1) * room)));
    }
  }
  return joined([jpeg.subarray(0, jfif), ...segments, jpeg.subarray(jfif)]);
}

function withoutProfile(jpeg: Uint8Array): Uint8Array {
  const parts = [jpeg.subarray(0, 2)], data = view(jpeg);
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== SCAN) {
    const end = at + 2 + data.getUint16(at + 2);
    if (!(jpeg[at + 1] === APP2 && starts(jpeg.subarray(at + 4, end), ICC))) parts.push(jpeg.subarray(at, end));
    at = end;
  }
  return joined([...parts, jpeg.subarray(at)]);
}

function segment(marker: number, name: string, contents: Uint8Array): Uint8Array {
  const length = name.length + contents.length;
  if (length > LONGEST) return new Uint8Array();
  return joined([new Uint8Array([0xff, marker, (length + 2) >> 8, (length + 2) & 0xff]), latin(name), contents]);
}
