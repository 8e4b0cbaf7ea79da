// SPDX-License-Identifier: GPL-3.0-or-later
/** What the page asks its workers, and what they answer. */

import type { Slider } from "./editor_file";

export interface Loaded {
  name: string;
  sha256: string;
  sliders: Slider[];
  /** As far as each value can come: at strength 2, in GIMP's units. */
  lowest: number[];
  highest: number[];
}

export interface Seen {
  width: number;
  height: number;
  /** The photo as it was, at the screen's size. */
  before: ImageBitmap;
  grey: boolean;
  notes: string[];
  levels: number[];
  probabilities: number[][];
}

/** An edit under the user's hand. set: NaN where the level counts, by strength. */
export interface Wanted {
  levels: number[];
  strength: number;
  set: number[];
}

export interface Shown {
  values: number[];
  image: ImageData;
}

export interface Saved {
  file: Blob;
}

export type SaveAs = "image/jpeg" | "image/png";

/** Name of a request -> [what it gives, what comes back] */
export interface Requests {
  /** editor: a file of the user's own, else the page's. */
  load: [{ editor?: Uint8Array; threads: number }, Loaded];
  open: [{ file: Blob }, Seen];
  /** side: pixels of the longer side, at most. */
  edit: [Wanted & { side: number }, Shown];
  decide: [Wanted, number[]];
  /** The levels of other edits, and what they look like. */
  alternatives: [{ set: number[]; side: number }, { levels: number[]; image: ImageData }[]];
  save: [{ file: Blob; values: number[]; type: SaveAs; editor?: Uint8Array; threads: number }, Saved];
}

export interface Request<Name extends keyof Requests = keyof Requests> {
  id: number;
  name: Name;
  given: Requests[Name][0];
}

export type Answer =
  | { id: number; done: unknown }
  | { id: number; kind: string; values: Record<string, string | number> }
  | { id: number; stage: "editing" | "writing" };
