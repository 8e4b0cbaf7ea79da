// SPDX-License-Identifier: GPL-3.0-or-later
/** Saving at full size: in a worker of its own, which is ended afterwards and gives its memory back. */

import { element, make } from "./elements";
import type { SaveAs } from "./messages";
import { Remote } from "./remote";
import { word } from "./words";

export interface Job {
  file: File;
  values: number[];
  type: SaveAs;
  editor?: Uint8Array;
  threads: number;
  /** Of the photo. */
  pixels: number;
}

/**
 * Milliseconds that a million pixels take in the edit, at first; then what they took the last time. ONNX Runtime tells
 * nothing while it works: between its start and its end, progress is time.
 */
let perMillion = 400;
const ENDINGS: Record<SaveAs, string> = { "image/jpeg": "jpg", "image/png": "png" };
// Shares of the whole at which a stage begins
const EDITING = 0.25, WRITING = 0.85;

let running: Remote | undefined;

/** Saves a copy beside the user's downloads. Problem("cancelled") where the user has cancelled. */
export async function save(job: Job): Promise<void> {
  const bar = element<HTMLProgressElement>("progress"), box = element("saving"), text = element("stage");
  running = new Remote();
  const say = (words: string, share: number): void => {
    text.textContent = words;
    bar.value = share;
  };
  box.hidden = false;
  say(word("Reading the photo…"), 0.02);
  let timer = 0, began = 0;
  try {
    const { file } = await running.ask("save", job, (stage) => {
      clearInterval(timer);
      if (stage === "writing") {
        perMillion = ((performance.now() - began) / job.pixels) * 1e6;
        say(word("Writing the copy…"), WRITING);
        return;
      }
      began = performance.now();
      const expected = (job.pixels / 1e6) * perMillion;
      timer = window.setInterval(() => {
        const share = Math.min((performance.now() - began) / expected, 1);
        say(word("Editing at full size…"), EDITING + (WRITING - EDITING) * share);
      }, 100);
    });
    download(file, `${job.file.name.replace(/\.[^.]+$/, "")}-enhanced.${ENDINGS[job.type]}`);
  } finally {
    clearInterval(timer);
    box.hidden = true;
    running?.end();
    running = undefined;
  }
}

export const cancel = (): void => running?.end();

function download(file: Blob, name: string): void {
  const link = make("a", { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // by then the browser has it
}
