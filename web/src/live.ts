// SPDX-License-Identifier: GPL-3.0-or-later
/** The edit on the screen: small and quick while a slider moves, sharp as soon as it rests. */

import type { Shown, Wanted } from "./messages";
import { Problem } from "./problem";
import type { Remote } from "./remote";

/**
 * Pixels of the longer side. The editor takes its blurs at every n-th pixel, n a whole number that follows from 3% of
 * the longer side: 267 n is the largest size with that n, and so the cheapest for its pixels. 200 is for slow machines.
 */
const SIDES = [200, 267, 534, 800, 1067, 1334, 1600];
const SHARP = SIDES.at(-1)!;
/** Milliseconds: an edit that takes longer feels late, one that takes less could be sharper. */
const SLOW = 80, QUICK = 30;
/** Milliseconds without a movement, after which the edit is shown sharp. */
const REST = 150;

export class Live {
  /** Of the edits while a slider moves: index into SIDES. */
  private size = 2;
  private next: Wanted | undefined;
  private busy = false;
  private timer = 0;
  private sharpening = 0;
  /** Milliseconds from a movement to its edit on the screen, and the size of that; for measurements. */
  readonly moves: { took: number; side: number }[] = [];

  constructor(
    private readonly remote: () => Remote,
    private readonly show: (shown: Shown, sharp: boolean) => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Something moved. */
  move(wanted: Wanted): void {
    this.next = wanted;
    this.rest();
    if (!this.busy) void this.work();
  }

  /** When nothing is left to show. */
  async idle(): Promise<void> {
    while (this.busy || this.timer || this.sharpening) await new Promise((go) => setTimeout(go, 20));
  }

  /** Ends what would be shown of an earlier photo. */
  stop(): void {
    this.next = undefined;
    this.rest();
  }

  async sharp(wanted: Wanted): Promise<void> {
    this.rest();
    this.sharpening++;
    await this.edit(wanted, SHARP);
    this.sharpening--;
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  private async work(): Promise<void> {
    this.busy = true;
    while (this.next) {
      const wanted = this.next;
      this.next = undefined;
      const start = performance.now(), side = SIDES[this.size]!;
      await this.edit(wanted, side);
      const took = performance.now() - start;
      this.moves.push({ took, side });
      if (took > SLOW && this.size > 0) this.size--;
      else if (took < QUICK && this.size < SIDES.length - 1) this.size++;
      if (!this.next) this.timer = window.setTimeout(() => void this.sharp(wanted), REST);
    }
    this.busy = false;
  }

  private async edit(wanted: Wanted, side: number): Promise<void> {
    try {
      this.show(await this.remote().ask("edit", { ...wanted, side }), side === SHARP);
    } catch (error) {
      if (!(error instanceof Problem && error.kind === "cancelled")) this.failed(error);
    }
  }
}
