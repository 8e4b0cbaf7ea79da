// SPDX-License-Identifier: GPL-3.0-or-later
/** Protocol Buffers' wire format, as far as ONNX files need it: messages as lists of fields, unread where not needed. */

import { joined } from "./bytes";

export interface Field {
  number: number;
  /** The contents of a length-delimited field; of others empty. */
  bytes: Uint8Array;
  /** The value of a varint; of others 0. */
  value: number;
  /** The field as it stands in the message, with its key. */
  whole: Uint8Array;
}

const VARINT = 0, FIXED64 = 1, DELIMITED = 2, FIXED32 = 5;

/** The fields of a message, in their order. RangeError where the bytes are no message. */
export function fields(message: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0, scale = 1;
    for (let read = 0; read < 10; read++) {
      if (at >= message.length) break;
      const byte = message[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new RangeError("a number does not end");
  };
  while (at < message.length) {
    const start = at, key = varint(), wire = key % 8;
    let bytes = message.subarray(0, 0), value = 0;
    if (wire === VARINT) value = varint();
    else {
      const length = wire === DELIMITED ? varint() : wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : NaN;
      if (!(at + length <= message.length)) throw new RangeError("a field does not end");
      if (wire === DELIMITED) bytes = message.subarray(at, at + length);
      at += length;
    }
    found.push({ number: Math.floor(key / 8), bytes, value, whole: message.subarray(start, at) });
  }
  return found;
}

/** The contents of every field of this number, as text. */
export const texts = (all: Field[], number: number): string[] =>
  all.filter((field) => field.number === number).map((field) => new TextDecoder().decode(field.bytes));

function varintBytes(value: number): number[] {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return [...bytes, value];
}

/** A length-delimited field, with its key. */
export function delimited(number: number, ...parts: (Uint8Array | string)[]): Uint8Array {
  const contents = joined(parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part)));
  return joined([new Uint8Array([...varintBytes(number * 8 + DELIMITED), ...varintBytes(contents.length)]), contents]);
}

/** A varint field, with its key. */
export const numeric = (number: number, value: number): Uint8Array =>
  new Uint8Array([...varintBytes(number * 8 + VARINT), ...varintBytes(value)]);
