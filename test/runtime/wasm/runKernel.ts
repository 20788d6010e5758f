// Runs one kernel of the wasm engine in a module of its own, and its primitive's reference, on the same operands.
import { expect } from "vitest";
import { allPrimitives } from "../../../src/ir/primitives/all.js";
import type { Attributes, DType, NDArray, Primitive, Type } from "../../../src/ir/program.js";
import { ModuleBuilder } from "../../../src/runtime/wasm/assembler/moduleBuilder.js";
import type { Operand } from "../../../src/runtime/wasm/kernels/kernel.js";
import { libraryKernels } from "../../../src/runtime/wasm/kernels/libraryKernels.js";
import { type Shape, sizeOf } from "../../../src/util/shapes.js";

export const primitiveNamed = (name: string): Primitive => allPrimitives.find((each) => each.name === name)!;

/** Deterministic numbers, uniform on [0, 1). */
export function numbers(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const next = numbers(7);
const draw: Record<DType, () => number> = {
  float32: () => Math.fround(4 * next() - 2),
  int32: () => Math.floor(19 * next()) - 9,
  bool: () => Number(next() < 0.5),
};

/** An array of random elements, or of given ones. */
export function array(shape: Shape, dtype: DType = "float32", element: (i: number) => number = draw[dtype]): NDArray {
  return { shape, dtype, elements: Float64Array.from({ length: sizeOf(shape) }, (_, i) => element(i)) };
}

const slack = 16;
/** A NaN, and as an integer far away: whoever reads or writes where nothing of theirs stands is found out. */
const canary = 0x7fc0beef;
const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

export interface Kernel {
  readonly run: () => void;
  readonly results: () => Float64Array[];
  readonly bytes: number;
  readonly checkBounds: () => void;
}

export interface CompileOptions {
  readonly fma?: boolean;
  /** Of the results, for attributes that the primitive does not have. */
  readonly types?: readonly Type[];
}

/** Compiles the kernel for operands and writes them to memory. */
export function compile(
  name: string,
  inputs: readonly NDArray[],
  attributes: Attributes = {},
  { fma = false, types = primitiveNamed(name).infer(inputs, attributes) }: CompileOptions = {},
): Kernel {
  let top = 1024;
  const allocate = (bytes: number): number => {
    const address = top;
    top += aligned(bytes) + 2 * slack;
    return address;
  };
  const place = <T extends { shape: Shape; dtype: DType }>({ shape, dtype }: T): Operand => ({
    shape,
    dtype,
    address: allocate(4 * sizeOf(shape)),
  });
  const [from, to] = [inputs.map(place), types.map(place)];
  const module = new ModuleBuilder({ memory: { import: ["host", "memory"], minimum: 1 }, fma });
  const fn = module.function({ params: [] });
  libraryKernels[name]!({ fn, scratch: allocate }, from, to, attributes);
  module.export("run", fn);
  const constantsAt = allocate(module.poolBytes);
  const bytes = module.toBytes({ constantsAt });
  const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) });
  const words = new Int32Array(memory.buffer).fill(canary);
  const floats = new Float32Array(memory.buffer);
  from.forEach(({ address, dtype }, i) => {
    const { elements } = inputs[i]!;
    if (dtype === "float32") floats.set(elements, address / 4);
    else words.set(dtype === "bool" ? elements.map((each) => -each) : elements, address / 4);
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { memory } });
  return {
    run: instance.exports.run as () => void,
    bytes: bytes.length,
    results: () =>
      to.map(({ address, shape, dtype }) => {
        const start = address / 4;
        const view = (dtype === "float32" ? floats : words).subarray(start, start + sizeOf(shape));
        return Float64Array.from(view, (each) => (dtype === "bool" ? -each : each));
      }),
    checkBounds: () => {
      for (const { address, shape } of [...from, ...to]) {
        const end = (address + aligned(4 * sizeOf(shape)) + slack) / 4;
        expect([...words.subarray(end, end + slack / 4)]).toEqual(new Array(slack / 4).fill(canary));
        if (sizeOf(shape) > 0) expect(words[address / 4 - 1]).toBe(canary);
      }
      from.forEach(({ address, dtype }, i) => {
        const view = (dtype === "float32" ? floats : words).subarray(address / 4);
        inputs[i]!.elements.forEach((each, at) => {
          if (!Object.is(view[at]! + 0, (dtype === "bool" ? -each : each) + 0)) expect(view[at]).toBe(each);
        });
      });
    },
  };
}

/** Runs the kernel twice (it must not depend on what it left) and compares with the reference; floats loosely. */
export function check(name: string, inputs: readonly NDArray[], attributes: Attributes = {}, tolerance = 1e-5): void {
  const types = primitiveNamed(name).infer(inputs, attributes);
  const expected = primitiveNamed(name).evaluate(inputs, attributes);
  const kernel = compile(name, inputs, attributes);
  for (let times = 0; times < 2; times++) {
    kernel.run();
    kernel.checkBounds();
    kernel.results().forEach((result, i) => {
      const scale = expected[i]!.filter(Number.isFinite).reduce((most, each) => Math.max(most, Math.abs(each)), 1);
      const bound = types[i]!.dtype === "float32" ? tolerance * scale : 0;
      result.forEach((each, at) => {
        const wanted = Math.fround(expected[i]![at]!);
        const isClose = Object.is(each, wanted) || Math.abs(each - wanted) <= bound;
        if (!isClose) throw new Error(`${name} ${label(inputs, attributes)}: [${i}][${at}] is ${each}, not ${wanted}`);
      });
    });
  }
}

const label = (inputs: readonly NDArray[], attributes: Attributes): string =>
  `${inputs.map(({ shape, dtype }) => `${dtype}[${shape}]`).join()} ${JSON.stringify(attributes)}`;
