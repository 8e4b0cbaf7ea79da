// SPDX-License-Identifier: GPL-3.0-or-later
/** What went wrong, as a kind; words.ts has its sentence. */
export class Problem extends Error {
  constructor(
    readonly kind: string,
    readonly values: Record<string, string | number> = {},
  ) {
    super(kind);
  }
}
