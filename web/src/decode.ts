// SPDX-License-Identifier: GPL-3.0-or-later
/** Picture files to pixels, by the browser's own decoders: upright, in sRGB, 8 bits a sample. */

import type { Picture } from "./engine";
import { isSrgb } from "./icc";
import { readHeader, type Header } from "./picture_file";
import { Problem } from "./problem";

/** Pixels: at 27 bytes each, which the edit takes, more would not fit into WebAssembly's 4 GB. */
export const MOST_PIXELS = 100e6;
/** Bytes at a file's start, in which its header ends: EXIF, XMP and a profile take 64 KB a segment. */
const HEADER = 4 * 2 ** 20;
/** Pixels read from a canvas at a time: four bytes each, beside the picture. */
const BAND = 2 ** 20;

export interface Opened {
  header: Header;
  bitmap: ImageBitmap;
  /** Kinds of what the copy can't keep: "converted" (another profile than sRGB), "bits" (more than 8 a sample). */
  notes: string[];
}

/** Problem where the file is no picture, is too large, or the browser can't decode it. */
export async function open(file: Blob): Promise<Opened> {
  if (!file.size) throw new Problem("empty");
  const header = await readHeader(new Uint8Array(await file.slice(0, HEADER).arrayBuffer()));
  const { kind, width = 0, height = 0 } = header;
  checkSize(width, height);
  if (header.channels === 4) throw new Problem("cmyk");
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    if (kind === "heic" || kind === "avif" || kind === "tiff") throw new Problem("no-decoder", { kind: kind.toUpperCase() });
    throw new Problem(kind === "other" ? "not-a-picture" : "damaged");
  });
  try {
    checkSize(bitmap.width, bitmap.height);
  } catch (error) {
    bitmap.close();
    throw error;
  }
  const notes = [];
  if (header.icc && !isSrgb(header.icc)) notes.push("converted");
  if ((header.bits ?? 8) > 8) notes.push("bits");
  return { header, bitmap, notes };
}

function checkSize(width: number, height: number): void {
  const pixels = width * height;
  if (pixels > MOST_PIXELS) {
    throw new Problem("too-large", { size: Math.round(pixels / 1e6), most: MOST_PIXELS / 1e6 });
  }
}

/** A picture at this size, and its opacity where it has any. Problem("memory") where there is no room. */
export function pixels(bitmap: ImageBitmap, width: number, height: number): Picture & { alpha: Uint8Array | null } {
  try {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" })!;
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const rgb = new Uint8Array(3 * width * height);
    let alpha: Uint8Array | null = null;
    const rows = Math.max(1, Math.floor(BAND / width));
    for (let top = 0; top < height; top += rows) {
      const { data } = context.getImageData(0, top, width, Math.min(rows, height - top));
      const start = top * width;
      for (let i = 0, to = 3 * start; i < data.length; i += 4) {
        rgb[to++] = data[i]!;
        rgb[to++] = data[i + 1]!;
        rgb[to++] = data[i + 2]!;
        if (data[i + 3] !== 255) {
          alpha ??= new Uint8Array(width * height).fill(255);
          alpha[start + i / 4] = data[i + 3]!;
        }
      }
    }
    return { width, height, rgb, alpha };
  } catch {
    throw new Problem("memory", { size: Math.round((width * height) / 1e6) });
  }
}

/** A picture as a canvas takes it. */
export function rgba({ rgb, width, height }: Picture, alpha: Uint8Array | null = null): ImageData {
  const image = new ImageData(width, height), { data } = image;
  for (let i = 0, from = 0; i < data.length; i += 4) {
    data[i] = rgb[from++]!;
    data[i + 1] = rgb[from++]!;
    data[i + 2] = rgb[from++]!;
    data[i + 3] = alpha ? alpha[i / 4]! : 255;
  }
  return image;
}
