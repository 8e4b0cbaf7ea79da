// SPDX-License-Identifier: GPL-3.0-or-later
/** The whole editor in ONNX Runtime: what a policy sees in a picture, what it decides, and the edit. */

import * as ort from "onnxruntime-web/wasm";

import { LEVELS, LOGITS, readEditor, type EditorFile } from "./editor_file";

/** sRGB, row by row, three bytes a pixel. */
export interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/** What the policy makes of a picture. */
export interface Look {
  /** K lists of L numbers */
  probabilities: number[][];
  /** The likeliest level of each slider. */
  levels: number[];
  thumbnail: Picture;
}

type Tensors = Record<string, ort.Tensor>;

const THUMBNAIL = 64;
/** Sizes whose blurs' weights are kept: the previews', in turn. */
const MOST_MEASURED = 4;
const SMALL: Picture = { width: THUMBNAIL, height: THUMBNAIL, rgb: new Uint8Array(3 * THUMBNAIL ** 2) };
const FATAL = 4;

/** Where the runtime's files lie, and how many threads it may have: 1 where memory can't be shared. */
export function prepareRuntime(folder: string, threads: number): void {
  ort.env.wasm.wasmPaths = folder;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "fatal";
}

/** A part of the file, ready to run; made when it is first needed, which takes some tenths of a second. */
type Part = () => Promise<ort.InferenceSession>;

export class Engine {
  readonly file: EditorFile;
  private readonly measured = new Map<string, Tensors>();
  private readonly looker: Part;
  private readonly decider: Part;
  private readonly measurer: Part;
  private readonly editor: Part;

  /** Problem where the file is no whole editor. */
  constructor(bytes: Uint8Array) {
    const file = readEditor(bytes);
    this.file = file;
    this.looker = once(() => session(file.look));
    this.decider = once(() => session(file.decide));
    this.measurer = once(() => session(file.measure));
    this.editor = once(async () => session(file.edit(await (await this.measurer()).run({ image: tensor(SMALL) }))));
  }

  /** Makes all parts, so that the first photo needn't wait for them. */
  async warm(): Promise<void> {
    for (const part of [this.looker, this.decider, this.editor]) await part();
  }

  async look(picture: Picture): Promise<Look> {
    const seen = await (await this.looker()).run({ image: tensor(picture) });
    const logits = seen[LOGITS]!.data as Float32Array; // (K, L)
    const levels = Array.from(seen[LEVELS]!.data as BigInt64Array, Number);
    const n = logits.length / levels.length;
    const probabilities = levels.map((_, k) => softmax(logits.subarray(k * n, (k + 1) * n)));
    return { probabilities, levels, thumbnail: unplaned(seen[this.file.thumbnail]!.data as Float32Array) };
  }

  /** Slider values in GIMP's units. set: NaN where the level at this strength counts. */
  async decide(levels: number[], strength: number, set: number[]): Promise<number[]> {
    const decided = await (await this.decider()).run({
      [LEVELS]: new ort.Tensor("int64", BigInt64Array.from(levels, BigInt), [1, levels.length]),
      strength: new ort.Tensor("float32", [strength], []),
      set_sliders: new ort.Tensor("float32", set, [set.length]),
    });
    return Array.from(decided["sliders"]!.data as Float32Array, shortest);
  }

  async edit(picture: Picture, values: number[]): Promise<Picture> {
    const image = tensor(picture);
    const sliders = new ort.Tensor("float32", values, [values.length]);
    const { edited } = await (await this.editor()).run({ image, sliders, ...(await this.measures(picture, image)) });
    return { ...picture, rgb: edited!.data as Uint8Array };
  }

  private async measures(picture: Picture, image: ort.Tensor): Promise<Tensors> {
    const size = `${picture.width}x${picture.height}`;
    const known = this.measured.get(size) ?? ((await (await this.measurer()).run({ image })) as Tensors);
    this.measured.delete(size); // and in again, as the newest
    this.measured.set(size, known);
    if (this.measured.size > MOST_MEASURED) this.measured.delete([...this.measured.keys()][0]!);
    return known;
  }
}

/** The shortest number that is this one in 32 bits: 1.1125 and not 1.11249995, which would be shown as 1.112. */
function shortest(value: number): number {
  const found = [7, 8].map((digits) => Number(value.toPrecision(digits))).find((each) => Math.fround(each) === value);
  return found ?? value;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

const session = (graph: Uint8Array): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(graph, { executionProviders: ["wasm"], logSeverityLevel: FATAL });

const tensor = ({ rgb, width, height }: Picture): ort.Tensor => new ort.Tensor("uint8", rgb, [height, width, 3]);

function softmax(logits: Float32Array): number[] {
  const most = Math.max(...logits);
  const sizes = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = sizes.reduce((a, b) => a + b);
  return sizes.map((size) => size / sum);
}

/** A thumbnail, (3, 64, 64) from 0 to 1, as a picture. */
function unplaned(planes: Float32Array): Picture {
  const rgb = new Uint8Array(planes.length), n = THUMBNAIL ** 2;
  for (let i = 0; i < n; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round(255 * planes[c * n + i]!);
  return { width: THUMBNAIL, height: THUMBNAIL, rgb };
}
