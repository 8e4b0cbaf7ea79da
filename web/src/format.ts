// SPDX-License-Identifier: GPL-3.0-or-later
/** Numbers as the slider table shows them: Python's format strings, as far as the table uses them. */

const PLACE = /\{(?::(\+)?(?:\.(\d+))?([f%]))?\}/;

/** "{:+.2f} stops" of 0.4 -> "+0.40 stops" */
export function format(text: string, value: number): string {
  return text.replace(PLACE, (_, plus?: string, digits?: string, kind?: string) => {
    if (!kind) return String(value);
    const number = (kind === "%" ? 100 * value : value).toFixed(Number(digits ?? 6));
    const sign = plus && !number.startsWith("-") ? "+" : "";
    return sign + number + (kind === "%" ? "%" : "");
  });
}

/** The number alone, without its unit. */
export const bare = (text: string): string => PLACE.exec(text)?.[0] ?? "{}";
