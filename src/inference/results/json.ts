// Results as JSON without loss: what JSON has no word for stands in objects with one name that begins with $.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { isTensor } from "../../dsl/choices.js";
import { ElbowError } from "../../errors.js";
import { valuesNow } from "../../runtime/arrays.js";
import { fromBase64, toBase64 } from "../../util/base64.js";

/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const arrays = { Float32Array, Float64Array, Int32Array, Uint8Array } as const;
type ArrayName = keyof typeof arrays;
type StoredArray = InstanceType<(typeof arrays)[ArrayName]>;

const ofTensors: Readonly<Record<string, ArrayName>> = {
  float32: "Float32Array",
  int32: "Int32Array",
  bool: "Uint8Array",
};

const bytesOf = (array: ArrayBufferView): string =>
  toBase64(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));

function arrayOf(name: ArrayName, base64: string): StoredArray {
  return new arrays[name](fromBase64(base64).buffer);
}

/**
 * A value as JSON that {@link fromJson} reads back bit for bit: numbers with −0, NaN and infinities, tensors with their shape and
 * dtype, typed arrays. Numbers are little-endian bytes in base64. Functions and undefined entries of objects are left out.
 *
 * @throws ElbowError "json" for a tensor of another dtype than float32, int32 or bool
 */
export function toJson(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (value === undefined) return { $undefined: true };
  if (isTensor(value)) return tensorToJson(value);
  if (ArrayBuffer.isView(value)) return { [`$${value.constructor.name}`]: bytesOf(value) };
  if (Array.isArray(value)) return value.map(toJson);
  const entries = Object.entries(value as object).filter(
    ([, each]) => each !== undefined && typeof each !== "function",
  );
  const object = Object.fromEntries(entries.map(([name, each]) => [name, toJson(each)]));
  return entries.some(([name]) => name.startsWith("$")) ? { $object: object } : object;
}

function tensorToJson(tensor: Tensor): Json {
  if (!(tensor.dtype in ofTensors))
    throw new ElbowError("json", {
      message: `a tensor of ${tensor.dtype} cannot be stored\n  expected: float32, int32 or bool`,
      hint: "Cast it before.",
    });
  return { $tensor: { dtype: tensor.dtype, shape: tensor.shape, base64: bytesOf(valuesNow(tensor)) } };
}

/** What {@link toJson} was given. Tensors are the caller's. @throws ElbowError "json" for JSON of another kind */
export function fromJson(json: Json): unknown {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const [[name, inner] = ["", null], ...others] = Object.entries(json as { readonly [name: string]: Json });
  if (name.startsWith("$") && others.length === 0) return restored(name.slice(1), inner);
  return readObject(json as { readonly [name: string]: Json });
}

const readObject = (json: { readonly [name: string]: Json }): object =>
  Object.fromEntries(Object.entries(json).map(([name, each]) => [name, fromJson(each)]));

function restored(kind: string, inner: Json): unknown {
  if (kind === "number") return inner === "-0" ? -0 : Number(inner);
  if (kind === "undefined") return undefined;
  if (kind === "object") return readObject(inner as { readonly [name: string]: Json });
  if (kind in arrays) return arrayOf(kind as ArrayName, inner as string);
  const { dtype, shape, base64 } = (inner ?? {}) as { dtype?: string; shape?: number[]; base64?: string };
  if (kind !== "tensor" || dtype === undefined || shape === undefined || base64 === undefined || !(dtype in ofTensors))
    throw new ElbowError("json", {
      message: `this is no stored result: nothing is known of "$${kind}"`,
      hint: "Pass what toJSON gave, parsed by JSON.parse.",
    });
  return tf.tensor(arrayOf(ofTensors[dtype]!, base64), shape, dtype as "float32");
}
