// SPDX-License-Identifier: GPL-3.0-or-later
/** The page's worker: decodes, looks, edits, encodes. The page has one for what is on the screen, one for each copy. */

import { alternatives } from "./alternatives";
import { open, pixels, rgba, type Opened } from "./decode";
import { Engine, prepareRuntime, type Look, type Picture } from "./engine";
import { isSrgb } from "./icc";
import * as jpeg from "./jpeg";
import type { Answer, Loaded, Request, Requests, Saved, Seen, Shown } from "./messages";
import { upright, uprightXmp } from "./exif";
import * as png from "./png";
import type { Kept } from "./picture_file";
import { Problem } from "./problem";

/** Pixels of the longer side, of what is kept to be edited for the screen. */
const SCREEN = 1600;
/** Of JPEG files: as `trainer enhance` writes them where the photo doesn't tell its own. */
const QUALITY = 0.95;

let engine: Engine;
let look: Look;
/** The photo at the screen's size, and when it was opened: a later one ends what is made for it. */
let photo: ImageBitmap | undefined;
let grey = false;
/** The photo's pixels at the sizes that were edited so far, by their longer side. */
const sizes = new Map<number, Picture>();
let opened = 0;
/** Requests that wait or are worked on, other than for alternatives. */
let waiting = 0;

const tasks: { [Name in keyof Requests]: (given: Requests[Name][0], id: number) => Promise<Requests[Name][1]> } = {
  async load({ editor, threads }): Promise<Loaded> {
    await begin(threads, editor);
    await engine.warm();
    const { name, sha256, sliders } = engine.file;
    const unset = sliders.map(() => NaN);
    const lowest = await engine.decide(sliders.map(() => 0), 2, unset);
    const highest = await engine.decide(sliders.map((slider) => slider.levels.length - 1), 2, unset);
    return { name, sha256, sliders, lowest, highest };
  },

  async open({ file }): Promise<Seen> {
    const { bitmap, header, notes } = await open(file);
    const { width, height } = bitmap;
    try {
      const [seen, small] = [await engine.look(pixels(bitmap, width, height)), await reduced(bitmap, SCREEN)];
      photo?.close();
      sizes.clear();
      [look, photo, grey] = [seen, small, header.channels === 1]; // all or none
    } finally {
      bitmap.close();
    }
    opened++;
    const { levels, probabilities } = look;
    const before = await createImageBitmap(photo);
    return { width, height, before, grey, notes, levels, probabilities };
  },

  async edit({ levels, strength, set, side }): Promise<Shown> {
    const values = await engine.decide(levels, strength, set);
    return { values, image: rgba(await edited(sized(side), values, grey)) };
  },

  async decide({ levels, strength, set }): Promise<number[]> {
    return engine.decide(levels, strength, set);
  },

  async alternatives({ set, side }) {
    const mine = opened;
    const pause = async (): Promise<void> => {
      do await new Promise((go) => setTimeout(go, 0));
      while (waiting);
      if (mine !== opened) throw new Problem("too-late");
    };
    const found = await alternatives(engine, look, set, pause);
    const small = sized(side), pictures = [];
    for (const levels of [look.levels, ...found]) {
      await pause();
      pictures.push({ levels, image: rgba(await edited(small, await engine.decide(levels, 1, set), grey)) });
    }
    return pictures;
  },

  async save({ file, values, type, editor, threads }, id): Promise<Saved> {
    await begin(threads, editor);
    const source = await open(file);
    const { width, height } = source.bitmap;
    const before = pixels(source.bitmap, width, height);
    source.bitmap.close();
    answer({ id, stage: "editing" });
    const { rgb } = await edited(before, values, source.header.channels === 1);
    answer({ id, stage: "writing" });
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d")!;
    const image = rgba({ width, height, rgb }, before.alpha);
    if (before.alpha && type === "image/jpeg") onWhite(image.data);
    context.putImageData(image, 0, 0);
    const bare = new Uint8Array(await (await canvas.convertToBlob({ type, quality: QUALITY })).arrayBuffer());
    const keeps = kept(source, width, height);
    const bytes = type === "image/jpeg" ? jpeg.withKept(bare, keeps) : await png.withKept(bare, keeps);
    return { file: new Blob([bytes], { type }) };
  },
};

async function begin(threads: number, editor?: Uint8Array): Promise<void> {
  prepareRuntime(new URL("./", self.location.href).href, threads);
  engine = new Engine(editor ?? (await shipped()));
}

async function shipped(): Promise<Uint8Array> {
  const response = await fetch(new URL("photo-editor.onnx", self.location.href));
  if (!response.ok) throw new Problem("no-editor");
  return new Uint8Array(await response.arrayBuffer());
}

/** onlyGrey: the picture has one channel, in which rounding makes no difference between red, green and blue. */
async function edited(picture: Picture, values: number[], onlyGrey: boolean): Promise<Picture> {
  const made = await engine.edit(picture, values);
  if (onlyGrey) for (let i = 0; i < made.rgb.length; i += 3) made.rgb[i] = made.rgb[i + 2] = made.rgb[i + 1]!;
  return made;
}

/** The size of a picture whose longer side has at most so many pixels. */
function fitted({ width, height }: { width: number; height: number }, side: number): { width: number; height: number } {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** The photo with a longer side of at most so many pixels. */
function sized(side: number): Picture {
  const { width, height } = fitted(photo!, side);
  const known = sizes.get(side) ?? pixels(photo!, width, height);
  sizes.set(side, known);
  return known;
}

async function reduced(bitmap: ImageBitmap, side: number): Promise<ImageBitmap> {
  const { width, height } = fitted(bitmap, side);
  if (width === bitmap.width) return createImageBitmap(bitmap);
  return createImageBitmap(bitmap, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
}

/** What the copy keeps of its photo. A profile only where the copy's colours are still its. */
function kept({ header }: Opened, width: number, height: number): Kept {
  const { exif, xmp, icc } = header;
  return {
    exif: (exif && upright(exif, width, height)) ?? undefined,
    xmp: (xmp && uprightXmp(xmp)) ?? undefined,
    icc: icc && isSrgb(icc) ? icc : undefined,
  };
}

function onWhite(data: Uint8ClampedArray): void {
  for (let i = 0; i < data.length; i += 4) {
    const opacity = data[i + 3]! / 255;
    for (let c = i; c < i + 3; c++) data[c] = 255 + opacity * (data[c]! - 255);
    data[i + 3] = 255;
  }
}

function answer(message: Answer, ...transfer: Transferable[]): void {
  (self as unknown as Worker).postMessage(message, transfer);
}

let last: Promise<unknown> = Promise.resolve();

self.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  const { id, name, given } = data;
  const run = async (): Promise<void> => {
    try {
      answer({ id, done: await (tasks[name] as (given: unknown, id: number) => Promise<unknown>)(given, id) });
    } catch (error) {
      const { kind, values } = error instanceof Problem ? error : unexpected(error);
      answer({ id, kind, values });
    }
  };
  if (name === "alternatives") {
    void run();
    return;
  }
  waiting++;
  last = last.then(run).finally(() => waiting--); // one at a time: the runtime has one memory
});

/** Out of memory, as WebAssembly, ONNX Runtime and browsers say it, or something nobody thought of. */
function unexpected(error: unknown): Problem {
  const text = String(error);
  const memory = error instanceof RangeError || /memory|alloc|OOM/i.test(text);
  return memory ? new Problem("memory", { size: "" }) : new Problem("unexpected", { error: text.slice(0, 200) });
}
