// SPDX-License-Identifier: GPL-3.0-or-later
/** The edit for GIMP: the Decision JSON (docs/other-hosts.md), and lines for GIMP's Python console. */

import type { Edit } from "./edit";
import type { Slider } from "./editor_file";
import { format } from "./format";
import rules from "./rules.json";

export interface Filter {
  operation: string;
  label: string;
  properties: Record<string, number>;
  mode: string;
  opacity: number;
}

/** As editor_ops.filters makes them of slider values, for a photo of this size. word: a translation. */
export function filters(
  sliders: Slider[],
  values: number[],
  longSide: number,
  word: (text: string) => string = (text) => text,
): Filter[] {
  const made: Filter[] = [];
  for (const [k, slider] of sliders.entries()) {
    const value = values[k]!;
    if (Math.fround(value) === Math.fround(slider.neutral)) continue;
    const text = `${word(slider.label)} ${format(word(slider.text), value)}`;
    const blend = value > 0 ? slider.up : slider.down;
    if (blend) {
      const [operation, mode] = blend;
      const label = `${text} (${word((rules.modes as Record<string, string>)[mode] ?? mode)})`;
      made.push({ operation, label, properties: {}, mode, opacity: Math.abs(value) });
      continue;
    }
    let last = made.at(-1);
    if (last?.operation === slider.operation && last.mode === "replace") last.label += `, ${text}`;
    else {
      last = { operation: slider.operation, label: text, properties: {}, mode: "replace", opacity: 1 };
      made.push(last);
    }
    last.properties[slider.property] = value;
    if (slider.radius_property) {
      const [least, most] = rules.radii as [number, number];
      last.properties[slider.radius_property] = Math.min(Math.max(slider.radius_share! * longSide, least), most);
    }
  }
  return made;
}

/** The Decision. values, and low and high of what is likely: in GIMP's units, after strength. */
export function decision(
  edit: Edit,
  model: { name: string; sha256: string },
  longSide: number,
  values: number[],
  low: number[],
  high: number[],
): object {
  const sliders = edit.sliders.map((slider, k) => {
    const byHand = edit.byHand.has(slider.name);
    const alone = !edit.has(slider) || edit.leftAlone.has(slider.name);
    return {
      name: slider.name,
      value: values[k]!,
      probability: byHand && !alone ? null : edit.probability(k),
      interval: byHand || alone ? null : [low[k]!, high[k]!],
      label: slider.label,
      operation: slider.operation,
      property: slider.property,
      unit: slider.unit,
      neutral: slider.neutral,
      text: format(slider.text, values[k]!),
    };
  });
  return {
    format: rules.decision_format,
    model: { name: model.name, sha256: model.sha256 },
    strength: edit.strength,
    sliders,
    filters: filters(edit.sliders, values, longSide),
  };
}

/** One line for GIMP's Python console: adds the filters to the selected layer of the first image in GIMP's list. */
export function consoleLine(made: Filter[]): string {
  const script = `import json
from gi.repository import Gimp
image = Gimp.get_images()[0]
layer = image.get_selected_layers()[0]
image.undo_group_start()
for each in json.loads(${JSON.stringify(JSON.stringify(made))}):
    made = Gimp.DrawableFilter.new(layer, each["operation"], each["label"])
    for name, value in each["properties"].items():
        made.get_config().set_property(name, value)
    made.set_blend_mode(getattr(Gimp.LayerMode, each["mode"].upper()))
    made.set_opacity(each["opacity"])
    made.update()
    layer.append_filter(made)
image.undo_group_end()
Gimp.displays_flush()
`;
  return `exec(${JSON.stringify(script)})`;
}
