// SPDX-License-Identifier: GPL-3.0-or-later
/** Whether a picture's ICC profile is sRGB's: then its copy keeps it, and no colour was lost on the way. */

import { letters, view } from "./bytes";

// sRGB's primaries, adapted to D50, as ICC profiles hold them: red, green, blue, each X, Y, Z
const PRIMARIES: Record<string, readonly number[]> = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
};
/** Of a coordinate: makers round sRGB's in different ways, and the next profile's red is 0.05 away. */
const NEAR = 0.003;
/** sRGB's linear light at half of white, and how near a profile's curve must come: gamma 2.2 is 0.0035 away. */
const HALF = 0.21404, CURVE_NEAR = 0.002;

/** False for a profile that is another, or can't be read. */
export function isSrgb(profile: Uint8Array): boolean {
  try {
    const data = view(profile);
    if (letters(profile, 16, 20) !== "RGB ") return false;
    const tags = new Map<string, number>();
    const count = data.getUint32(128);
    for (let i = 0; i < Math.min(count, 100); i++) {
      tags.set(letters(profile, 132 + 12 * i, 136 + 12 * i), data.getUint32(136 + 12 * i));
    }
    if (tags.has("A2B0")) return false;
    const primaries = Object.entries(PRIMARIES).every(([name, wanted]) => {
      const at = tags.get(name);
      return at !== undefined && wanted.every((x, i) => Math.abs(data.getInt32(at + 8 + 4 * i) / 65536 - x) < NEAR);
    });
    return primaries && Math.abs(curveAtHalf(profile, data, tags.get("rTRC")!) - HALF) < CURVE_NEAR;
  } catch {
    return false; // RangeError: an offset leads outside
  }
}

function curveAtHalf(profile: Uint8Array, data: DataView, at: number): number {
  if (letters(profile, at, at + 4) === "para") {
    const kind = data.getUint16(at + 8);
    const [g, a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5, 6].map((i) => data.getInt32(at + 12 + 4 * i) / 65536) as number[];
    if (kind === 0) return 0.5 ** g!;
    if (kind === 3) return 0.5 >= d! ? (a! * 0.5 + b!) ** g! : c! * 0.5;
    return kind === 4 ? (0.5 >= d! ? (a! * 0.5 + b!) ** g! + e! : c! * 0.5 + f!) : NaN;
  }
  const n = data.getUint32(at + 8);
  if (n === 0) return 0.5;
  if (n === 1) return 0.5 ** (data.getUint16(at + 12) / 256);
  const place = (n - 1) / 2, low = Math.floor(place);
  const value = (i: number): number => data.getUint16(at + 12 + 2 * i) / 65535;
  return value(low) + (place - low) * (value(Math.ceil(place)) - value(low));
}
