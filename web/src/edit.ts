// SPDX-License-Identifier: GPL-3.0-or-later
/** The edit under the user's hand: what was chosen, how far to go, which sliders are left alone or set by hand. */

import type { Slider } from "./editor_file";
import type { Wanted } from "./messages";
import rules from "./rules.json";

export class Edit {
  strength = 1;
  /** Names. They stay so for later photos. */
  readonly leftAlone = new Set<string>();
  /** Name -> value in GIMP's units. It stays where it is whatever the strength. */
  readonly byHand = new Map<string, number>();
  levels: number[] = [];
  probabilities: number[][] = [];
  grey = false;

  constructor(readonly sliders: Slider[]) {}

  /** A new photo, with what the policy chose. */
  begin(levels: number[], probabilities: number[][], grey: boolean): void {
    this.strength = 1;
    this.byHand.clear();
    Object.assign(this, { levels, probabilities, grey });
  }

  /** One of the alternatives, or the policy's own choice. */
  choose(levels: number[]): void {
    this.levels = levels;
    this.byHand.clear();
  }

  /** Sliders that change colours only have no place on a grey picture. */
  has(slider: Slider): boolean {
    return !(this.grey && slider.colour);
  }

  /** For the editor's file: NaN where the policy's level counts. byHand: false for what the policy alone says. */
  set(byHand = true): number[] {
    return this.sliders.map((slider) =>
      !this.has(slider) || this.leftAlone.has(slider.name) ? slider.neutral
      : ((byHand ? this.byHand.get(slider.name) : undefined) ?? NaN),
    );
  }

  wanted(): Wanted {
    return { levels: this.levels, strength: this.strength, set: this.set() };
  }

  /** The lowest and the highest likely level of each slider, by the rule of models/policy.py. */
  likely(): [number[], number[]] {
    const ends = this.probabilities.map((row, k) => {
      const outside = (1 - rules.interval) / 2, level = this.levels[k]!;
      return [Math.min(reached(row, outside), level), Math.max(reached(row, 1 - outside), level)] as const;
    });
    return [ends.map(([low]) => low), ends.map(([, high]) => high)];
  }

  probability(k: number): number {
    return this.probabilities[k]![this.levels[k]!]!;
  }
}

/** The first level up to which the probabilities add up to a share. */
function reached(probabilities: number[], share: number): number {
  let sum = 0;
  const found = probabilities.findIndex((probability) => (sum += probability) >= share);
  return found < 0 ? probabilities.length - 1 : found;
}
