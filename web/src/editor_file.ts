// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A whole editor's file (docs/other-hosts.md): its slider table, and its graph cut in three.
 *
 * The whole graph looks, decides and edits in one go. Here a photo is looked at once, at full size, and edited many
 * times, mostly at the size of the screen; so each part is a graph of its own, of the file's own nodes.
 */

import { joined } from "./bytes";
import { delimited, fields, numeric, texts, type Field } from "./protobuf";
import { Problem } from "./problem";

/** A row of the slider table, as editor_ops/sliders.py has it. */
export interface Slider {
  name: string;
  label: string;
  operation: string;
  property: string;
  menu: string;
  unit: string;
  lowest: number;
  neutral: number;
  highest: number;
  property_range: [number, number];
  text: string;
  radius_property: string | null;
  radius_share: number | null;
  colour: boolean;
  down: [string, string] | null;
  up: [string, string] | null;
  levels: number[];
}

export interface EditorFile {
  name: string;
  /** Of the policy in it. */
  sha256: string;
  sliders: Slider[];
  /** image -> logits (1, K, L), the levels chosen (1, K), the thumbnail (1, 3, 64, 64) */
  look: Uint8Array;
  /** levels (1, K), strength, set_sliders (K) -> sliders (K) */
  decide: Uint8Array;
  /** image -> `measures`: what the edit needs that follows from the image's size alone, such as blurs' weights */
  measure: Uint8Array;
  measures: string[];
  /** image, sliders (K), measures -> edited; needs the measures' types and ranks, which the file does not tell */
  edit(known: Record<string, { type: string; dims: readonly number[] }>): Uint8Array;
  /** The thumbnail's name among the outputs of `look`. */
  thumbnail: string;
}

export const LOGITS = "policy.logits", LEVELS = "policy.levels";
const VERSION = "1";
/** Bytes: a whole editor has less than one MiB; a file this large is something else. */
const LARGEST = 64 * 2 ** 20;
// Numbers of fields in onnx.proto
const MODEL_GRAPH = 7, MODEL_METADATA = 14, GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12;
const NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_OPERATOR = 4, NODE_ATTRIBUTE = 5, ATTRIBUTE_GRAPH = 6, INITIALIZER_NAME = 8;
const FLOAT = 1, INT64 = 7;
/** ONNX Runtime's names of element types -> TensorProto's numbers */
const TYPES: Record<string, number> = { float32: FLOAT, uint8: 2, int32: 6, int64: INT64, bool: 9, float64: 11 };

interface Node {
  whole: Uint8Array;
  operator: string;
  needs: string[];
  makes: string[];
}

/** Problem where the file is no whole editor of this version. */
export function readEditor(file: Uint8Array): EditorFile {
  if (file.length > LARGEST) throw new Problem("policy");
  let model: Field[], metadata: Map<string, string>;
  try {
    model = fields(file);
    const pairs = model.filter((field) => field.number === MODEL_METADATA).map((field) => fields(field.bytes));
    metadata = new Map(pairs.map((pair) => [texts(pair, 1)[0] ?? "", texts(pair, 2)[0] ?? ""]));
  } catch {
    throw new Problem("policy");
  }
  if (metadata.get("whole_editor_version") !== VERSION) {
    throw new Problem(metadata.has("format_version") ? "policy-alone" : "policy");
  }
  try {
    const sliders = checked(JSON.parse(metadata.get("sliders") ?? "") as Slider[]);
    const graph = fields(model.find((field) => field.number === MODEL_GRAPH)!.bytes);
    const nodes = graph.filter((field) => field.number === GRAPH_NODE).map(node);
    const thumbnail = thumbnailName(nodes);
    const levels = value(LEVELS, INT64, [1, sliders.length]);
    const measures = ofSizeAlone(nodes);
    const cut = (inputs: Described[], outputs: Described[]): Uint8Array => part(model, graph, nodes, inputs, outputs);
    const parts = {
      look: cut(["image"], [value(LOGITS, FLOAT), value(LEVELS, INT64), value(thumbnail, FLOAT)]),
      decide: cut([levels, "strength", "set_sliders"], ["sliders"]),
      measure: cut(["image"], measures.map((name) => delimited(1, name))),
      measures,
      edit: (known: Record<string, { type: string; dims: readonly number[] }>) => {
        const more = measures.map((name) => value(name, TYPES[known[name]!.type]!, known[name]!.dims.map(() => null)));
        return cut(["image", "sliders", ...more], ["edited"]);
      },
    };
    const text = (key: string): string => metadata.get(key) ?? "";
    return { name: text("name"), sha256: text("policy_sha256"), sliders, thumbnail, ...parts };
  } catch {
    throw new Problem("policy");
  }
}

/** The rows, where they have what the page shows and computes with. */
function checked(rows: Slider[]): Slider[] {
  for (const row of rows) {
    const numbers = [row.lowest, row.neutral, row.highest, ...row.property_range, ...row.levels];
    const words = [row.name, row.label, row.text, row.operation, row.property, row.menu];
    if (!numbers.every(Number.isFinite) || !words.every((word) => typeof word === "string")) throw new TypeError();
  }
  if (!rows.length || rows.length > 100) throw new TypeError();
  return rows;
}

function node(field: Field): Node {
  const parts = fields(field.bytes);
  return { whole: field.whole, operator: texts(parts, NODE_OPERATOR)[0] ?? "", needs: needed(parts), makes: texts(parts, NODE_OUTPUT) };
}

/** The inputs of a node, and what the graphs in it take from outside. */
function needed(parts: Field[]): string[] {
  const inner = parts
    .filter((part) => part.number === NODE_ATTRIBUTE)
    .flatMap((part) => fields(part.bytes).filter((each) => each.number === ATTRIBUTE_GRAPH))
    .flatMap((graph) => fields(graph.bytes))
    .flatMap((part) =>
      part.number === GRAPH_NODE ? needed(fields(part.bytes))
      : part.number === GRAPH_OUTPUT ? texts(fields(part.bytes), 1)
      : [],
    );
  return [...texts(parts, NODE_INPUT), ...inner];
}

/** What the policy's nodes take that is not the policy's. */
function thumbnailName(nodes: Node[]): string {
  const policy = nodes.filter((each) => each.makes.some((name) => name.startsWith("policy.")));
  const outside = new Set(policy.flatMap((each) => each.needs.filter((name) => !name.startsWith("policy."))));
  outside.delete("");
  if (outside.size !== 1) throw new TypeError();
  return [...outside][0]!;
}

/**
 * What the edit needs and follows from the image's size alone: computed once a size, it makes each edit cheaper.
 *
 * Values that follow from nothing but constants are left where they are: they are folded when the graph is loaded.
 */
function ofSizeAlone(nodes: Node[]): string[] {
  const changing = new Set(["sliders"]), fixed = new Set<string>();
  const needs = new Set(["edited"]);
  const part = nodes.toReversed().filter((each) => {
    const needed = each.makes.some((name) => needs.has(name) && name !== "sliders");
    if (needed) for (const name of each.needs) needs.add(name);
    return needed;
  }).toReversed();
  const found = new Set<string>();
  for (const each of part) {
    const pixels = each.needs.includes("image") && each.operator !== "Shape";
    if (pixels || each.needs.some((name) => changing.has(name))) {
      for (const name of each.makes) changing.add(name);
      for (const name of each.needs) if (fixed.has(name)) found.add(name);
    } else if (each.needs.some((name) => name === "image" || fixed.has(name))) {
      for (const name of each.makes) fixed.add(name);
    }
  }
  return [...found];
}

/** A ValueInfoProto. shape: null for a size that may be any; left out for a shape that may be any. */
function value(name: string, type: number, shape?: (number | null)[]): Uint8Array {
  const sizes = shape?.map((size) => (size === null ? delimited(1) : delimited(1, numeric(1, size))));
  const tensor = [numeric(1, type), ...(sizes ? [delimited(2, ...sizes)] : [])];
  return joined([delimited(1, name), delimited(2, delimited(1, ...tensor))]);
}

/** An input or output: its name where the graph has it as one, else its ValueInfoProto. */
type Described = string | Uint8Array;

/** What of a graph lies between inputs and outputs, as a model. */
function part(model: Field[], graph: Field[], nodes: Node[], inputs: Described[], outputs: Described[]): Uint8Array {
  const known = new Map(
    graph
      .filter((field) => field.number === GRAPH_INPUT || field.number === GRAPH_OUTPUT)
      .map((field) => [nameOf(field.bytes), field.bytes]),
  );
  const described = (each: Described): Uint8Array => (typeof each === "string" ? known.get(each)! : each);
  const given = new Set(inputs.map((each) => nameOf(described(each))));
  const wanted = new Set(outputs.map((each) => nameOf(described(each))));
  const kept: Uint8Array[] = [];
  for (const each of nodes.toReversed()) {
    if (!each.makes.some((name) => wanted.has(name) && !given.has(name))) continue;
    kept.unshift(each.whole);
    for (const name of each.needs) wanted.add(name);
  }
  const initializers = graph.filter(
    (field) => field.number === GRAPH_INITIALIZER && wanted.has(texts(fields(field.bytes), INITIALIZER_NAME)[0]!),
  );
  const rest = model.filter((field) => field.number !== MODEL_GRAPH && field.number !== MODEL_METADATA);
  const graphs = delimited(
    MODEL_GRAPH,
    ...kept,
    delimited(GRAPH_NAME, "part"),
    ...initializers.map((field) => field.whole),
    ...inputs.map((each) => delimited(GRAPH_INPUT, described(each))),
    ...outputs.map((each) => delimited(GRAPH_OUTPUT, described(each))),
  );
  return joined([...rest.map((field) => field.whole), graphs]);
}

const nameOf = (description: Uint8Array): string => texts(fields(description), 1)[0]!;
