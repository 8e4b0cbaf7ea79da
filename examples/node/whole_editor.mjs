// SPDX-License-Identifier: GPL-3.0-or-later
// Retouches a picture with the whole editor's file: a host in Node that needs onnxruntime-node and nothing of this project.
//
//   npm ci --ignore-scripts      (its script would download CUDA, which is not needed)
//   node whole_editor.mjs photo-editor.onnx photo.ppm enhanced.ppm [STRENGTH]
//
// Pictures are PPM (8 bits, sRGB), which needs no decoder; your program has one: it hands over bytes of red, green and
// blue, row by row.

import { existsSync, readFileSync, writeFileSync } from "node:fs";

// Before it is imported: ONNX Runtime 1.29 and later tell their maker of their use unless the environment says this.
process.env.ORT_DISABLE_TELEMETRY = "1";
const { InferenceSession, Tensor } = await import("onnxruntime-node");

/** Width, height and samples (height * width * 3 bytes) of a binary PPM. */
function readPpm(path) {
  const file = readFileSync(path);
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(file.subarray(0, 64).toString("latin1"));
  if (!header) throw new Error(`${path}: is no binary PPM of 8 bits; make one with: convert photo.jpg photo.ppm`);
  const [width, height] = [Number(header[1]), Number(header[2])];
  const samples = file.subarray(header[0].length);
  if (samples.length !== width * height * 3) throw new Error(`${path}: is cut short`);
  return { width, height, samples };
}

async function main([editor, photo, out, strength = "1"]) {
  if (existsSync(out)) throw new Error(`${out}: is there already; give another name`);
  const { width, height, samples } = readPpm(photo);
  const session = await InferenceSession.create(editor);
  const count = session.inputMetadata.find((input) => input.name === "set_sliders").shape[0];
  const { edited, sliders } = await session.run({
    image: new Tensor("uint8", samples, [height, width, 3]),
    strength: new Tensor("float32", [Number(strength)], []),
    set_sliders: new Tensor("float32", new Float32Array(count).fill(NaN), [count]), // NaN: as the policy chooses
  });
  console.log("sliders", ...sliders.data);
  writeFileSync(out, Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), edited.data]), { flag: "wx" });
}

if (process.argv.length < 5 || process.argv.length > 6) {
  console.error("usage: node whole_editor.mjs photo-editor.onnx photo.ppm enhanced.ppm [STRENGTH, 0 to 2]");
  process.exit(2);
}
try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
