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

/** Digits by which a number that lies just between two others is told from one beside it. */
const EXACT = 60;

/** As Python rounds: what lies just between two numbers goes to the even one, 0.125 to 0.12. */
function fixed(value: number, digits: number): string {
  const size = Math.abs(value), exact = size.toFixed(digits + EXACT);
  const kept = exact.slice(0, -EXACT).replace(/\.$/, "");
  const down = /^50*$/.test(exact.slice(-EXACT)) && /[02468]$/.test(kept);
  return (value < 0 ? "-" : "") + (down ? kept : size.toFixed(digits));
}

/** The number alone, without its unit. */
export const bare = (text: string): string => PLACE.exec(text)?.[0] ?? "{}";
