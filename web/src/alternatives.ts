// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Other good edits of the same picture: as models/alternatives.py finds them, from the same draws, but on thumbnails
 * of 8 bits a sample.
 */

import type { Engine, Look, Picture } from "./engine";
import rules from "./rules.json";

const { count, likely, more_clipped, visible } = rules;
/** Between 0 and 1, (D, K) */
const DRAWS = new Float32Array(Uint8Array.from(atob(rules.draws), (letter) => letter.charCodeAt(0)).buffer);

/**
 * The levels of each. set: values of sliders that the policy has no say in, else NaN. pause: waits while there is other
 * work, and throws where nobody waits for the alternatives any more.
 */
export async function alternatives(
  engine: Engine,
  look: Look,
  set: number[],
  pause: () => Promise<void>,
): Promise<number[][]> {
  const rows = drawn(look);
  const looks: Float32Array[] = [];
  const kept: number[][] = [];
  let most = 0;
  for (const [i, row] of rows.entries()) {
    await pause();
    const edited = await engine.edit(look.thumbnail, await engine.decide(row, 1, set));
    const clipped = clippedShare(edited);
    if (i === 0) most = clipped + more_clipped;
    if (clipped > most) continue;
    kept.push(row);
    looks.push(lab(edited));
  }
  return farApart(looks, count).map((i) => kept[i]!);
}

/** The policy's own choice, then draws that are likely enough in every slider; none twice. */
function drawn(look: Look): number[][] {
  const k = look.levels.length, n = look.probabilities[0]!.length;
  const cumulated = look.probabilities.map((row) => {
    let sum = 0;
    return row.map((probability) => (sum = Math.fround(sum + Math.fround(probability))));
  });
  const rows = [look.levels];
  for (let d = 0; d < DRAWS.length / k; d++) {
    const row = cumulated.map((sums, j) => Math.min(sums.filter((sum) => DRAWS[d * k + j]! > sum).length, n - 1));
    const good = row.every((level, j) => {
      const probabilities = look.probabilities[j]!;
      return probabilities[level]! >= likely * Math.max(...probabilities);
    });
    if (good) rows.push(row);
  }
  return [...new Map(rows.map((row) => [row.join(), row])).values()];
}

/** Share of the pixels that are black or white in a channel. */
function clippedShare({ rgb }: Picture): number {
  let clipped = 0;
  for (let i = 0; i < rgb.length; i += 3) {
    if ([rgb[i]!, rgb[i + 1]!, rgb[i + 2]!].some((sample) => sample <= 1 || sample >= 254)) clipped++;
  }
  return (3 * clipped) / rgb.length;
}

const LINEAR = Float64Array.from({ length: 256 }, (_, i) =>
  i / 255 <= 0.04045 ? i / 255 / 12.92 : ((i / 255 + 0.055) / 1.055) ** 2.4,
);
/** CIE Lab of each pixel. */
function lab({ rgb }: Picture): Float32Array {
  const out = new Float32Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    const [r, g, b] = [LINEAR[rgb[i]!]!, LINEAR[rgb[i + 1]!]!, LINEAR[rgb[i + 2]!]!];
    const [x, y, z] = rules.lab_from_rgb.map((row) => {
      const t = row[0]! * r + row[1]! * g + row[2]! * b;
      return t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29;
    }) as [number, number, number];
    out.set([116 * y - 16, 500 * (x - y), 200 * (y - z)], i);
  }
  return out;
}

/** Indices of pictures in Lab, each the farthest from the first and those before it. */
function farApart(looks: Float32Array[], most: number): number[] {
  const chosen: number[] = [];
  const nearest = looks.map(() => Infinity);
  let newest = 0;
  while (chosen.length < Math.min(most, looks.length - 1)) {
    looks.forEach((each, i) => (nearest[i] = Math.min(nearest[i]!, distance(each, looks[newest]!))));
    newest = nearest.indexOf(Math.max(...nearest));
    if (nearest[newest]! < visible) break;
    chosen.push(newest);
  }
  return chosen;
}

/** CIE76, the mean over the pixels. */
function distance(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 3) {
    sum += Math.hypot(one[i]! - other[i]!, one[i + 1]! - other[i + 1]!, one[i + 2]! - other[i + 2]!);
  }
  return (3 * sum) / one.length;
}
