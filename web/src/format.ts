// SPDX-License-Identifier: GPL-3.0-or-later
/** Numbers as the slider table shows them: Python's format strings, as far as the table uses them. */

const PLACE = /\{(?::(\+)?(?:\.(\d+))?([f%]))?\}/;

/** "{:+.2f} stops" of 0.4 -> "+0.40 stops" */
export function format(text: string, value: number): string {
  return text.replace(PLACE, (_, plus?: string, digits?: string, kind?: string) => {
    if (!kind) return String(value);
    const number = fixed(kind === "%" ? 100 * value : value, Number(digits ?? 6));
    const sign = plus && !number.startsWith("-") ? "+" : "";
    return sign + number + (kind === "%" ? "%" : "");
  });
}

/** As Python rounds: what lies just between two numbers goes to the even one, 0.125 to 0.12. */
function fixed(value: number, digits: number): string {
  const steps = value * 10 ** digits, lower = Math.floor(steps);
  const between = steps - lower === 0.5;
  return (between ? (lower % 2 === 0 ? lower : lower + 1) / 10 ** digits : value).toFixed(digits);
}

/** The number alone, without its unit. */
export const bare = (text: string): string => PLACE.exec(text)?.[0] ?? "{}";
