// Tracing: a tfjs backend that records instead of computing. Any function of tfjs tensors becomes a program.

import * as tf from "@tensorflow/tfjs-core";
import { ElbowError, invariant } from "../errors.js";
import { checkArray, checkFunction, checkObject } from "../util/expected.js";
import { captureSource } from "../util/location.js";
import { Builder, withBuilder } from "./builder.js";
import { captures } from "./capture/captures.js";
import { checkTensors } from "./checkTensor.js";
import { type DType, type Program, type Type, type Variable, variable } from "./program.js";

const backendName = "elbow-trace";

/** A tensor's identity in tfjs. */
type DataId = object;

/** One function being traced; inner ones (loop bodies, branches) see the tensors of the outer ones. */
interface Trace {
  readonly builder: Builder;
  readonly parent: Trace | undefined;
  /** Outer variables used inside, with the input that stands for each. */
  readonly captured: Map<Variable, Variable>;
  /** Constants by the identity of the real tensor that they were read from. */
  readonly constants: WeakMap<DataId, Variable>;
  isOpen: boolean;
  /** What was asked of it asynchronously and cannot be. */
  refused: ElbowError | undefined;
}

let current: Trace | undefined;

/** tfjs's identity of a traced tensor → what it is. Never handed to tfjs: its own store would move foreign tensors here. */
const traced = new WeakMap<DataId, { readonly trace: Trace; readonly variable: Variable }>();

/** Whether a function is being traced right now. */
export const isTracing = (): boolean => current !== undefined;

function checkDType(dtype: string): DType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new ElbowError("dtype", {
    message: `a program cannot hold a ${dtype} tensor`,
    hint: "Use float32, int32 or bool.",
    at: { source: captureSource().line },
  });
}

/** The random generators of tfjs, which would freeze to a constant in a program. */
const randomFrame =
  /\b(randomNormal|randomUniform|randomUniformInt|randomStandardNormal|randomGamma|truncatedNormal|rand|multinomial|dropout)_/g;

/** The function of tfjs that a stack text leads through, the outermost one. */
const randomOfTfjs = (stack = ""): string | undefined => {
  const name = [...stack.matchAll(randomFrame)].at(-1)?.[1];
  return name && `tf.${name}`;
};

const frozenRandom = (what: string): ElbowError =>
  new ElbowError("frozen-random", {
    message: `${what} inside a traced function would be drawn once and frozen to a constant`,
    hint: "Draw with sample(address, distribution), or pass the random number as an argument.",
    at: { source: captureSource().line },
  });

class TracingBackend extends tf.KernelBackend {
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): DataId {
    const elements = Float64Array.from(values as ArrayLike<number>);
    const stack = elements.length > 1 ? (new Error().stack ?? "") : "";
    const random = randomOfTfjs(stack);
    if (random) throw frozenRandom(random);
    const { builder } = open();
    const type = checkDType(dtype);
    const constant = shape.length === 0 ? builder.scalar(elements[0]!, type) : builder.constant(elements, shape, type);
    return remember(constant);
  }
  override readSync(dataId: DataId): never {
    return this.refuseRead(dataId);
  }
  /** A promise would be refused later, or by nobody: the recording fails instead. */
  override read(dataId: DataId): Promise<never> {
    open().refused ??= this.refusal(dataId);
    return new Promise(() => undefined);
  }
  private refuseRead(dataId: DataId): never {
    throw this.refusal(dataId);
  }
  private refusal(dataId: DataId): ElbowError {
    const entry = traced.get(dataId);
    const { what = "an argument of the traced function", address } =
      (entry && originOf(entry.trace.builder, entry.variable)) ?? {};
    return new ElbowError("read-traced", {
      message: `the value of a traced tensor was read (dataSync, array, print, or as a number: x > 0, x + 1), but it has none yet: it is ${what}`,
      hint: "Compute with tf operations (where, cond, scan) instead of JavaScript values, or use run(seed, …) to execute eagerly.",
      at: { address, source: captureSource().line },
    });
  }
  override disposeData = (): boolean => true;
  override incRef(): void {}
  override refCount = (): number => 1;
  override numDataIds = (): number => 0;
  override timerAvailable = (): boolean => false;
  override floatPrecision = (): 16 | 32 => 32;
  override epsilon = (): number => 1e-7;
  override dispose(): void {}
}

/** Says what computed a variable, in a user's words. */
function originOf({ equations }: Builder, target: Variable): { what: string; address?: string } | undefined {
  const equation = equations.find(({ outputs }) => outputs.includes(target));
  if (!equation) return undefined;
  const { primitive, attributes, source } = equation;
  const what =
    attributes.address === undefined ? `the result of ${primitive.name}` : `the random choice "${attributes.address}"`;
  return {
    what: source?.line ? `${what} (${source.line})` : what,
    ...(attributes.address !== undefined && { address: `${attributes.address}` }),
  };
}

function open(): Trace {
  invariant(current, "a traced tensor was used outside any trace");
  return current;
}

/** Makes a variable of the current trace known to tfjs and returns its identity there. */
function remember(target: Variable): DataId {
  const dataId = {};
  traced.set(dataId, { trace: open(), variable: target });
  return dataId;
}

/** The tfjs tensor that stands for a variable of the current trace. */
export function tensorOf(target: Variable): tf.Tensor {
  const info = { dataId: remember(target), shape: [...target.shape], dtype: target.dtype };
  return tf.engine().makeTensorFromTensorInfo(info as tf.TensorInfo, backendInstance());
}

/** Whether a tensor stands for a variable of this or another trace. */
export const isRecorded = (tensor: tf.TensorInfo): boolean => traced.has(tensor.dataId);

/** The variable of the current trace that a tensor stands for: traced, captured from an outer trace, or a constant. */
export function variableOf(tensor: tf.TensorInfo): Variable {
  const trace = open();
  const entry = traced.get(tensor.dataId);
  if (entry) return lookUp(trace, entry.trace, entry.variable);
  const known = trace.constants.get(tensor.dataId);
  if (known) return known;
  if ((tensor as Partial<tf.Tensor>).isDisposed || !isKept(tensor.dataId)) throw disposedTensor();
  const elements = Float64Array.from(tf.engine().readSync(tensor.dataId) as ArrayLike<number>);
  const type = checkDType(tensor.dtype);
  const constant =
    tensor.shape.length === 0
      ? trace.builder.scalar(elements[0]!, type)
      : trace.builder.constant(elements, tensor.shape, type);
  trace.constants.set(tensor.dataId, constant);
  return constant;
}

/** Whether tfjs still has a tensor's data. */
const isKept = (dataId: DataId): boolean =>
  (tf.engine() as unknown as { state: { tensorInfo: WeakMap<DataId, unknown> } }).state.tensorInfo.has(dataId);

const disposedTensor = (): ElbowError =>
  new ElbowError("disposed-tensor", {
    message: "a disposed tensor is used in a program",
    hint: "Keep it until the run has ended: tf.keep protects a tensor from the tf.tidy around it.",
    at: { source: captureSource().line },
  });

function lookUp(trace: Trace, owner: Trace, target: Variable): Variable {
  if (trace === owner) return target;
  if (!trace.parent || !owner.isOpen)
    throw new ElbowError("escaped-tensor", {
      message: "a tensor of a traced function that has already returned is used in another one",
      hint: "Return the tensor from the function, or recompute it where it is used.",
      at: { source: captureSource().line },
    });
  const outer = lookUp(trace.parent, owner, target);
  const known = trace.captured.get(outer);
  if (known) return known;
  const input = variable(outer.shape, outer.dtype);
  trace.captured.set(outer, input);
  return input;
}

let registered: TracingBackend | undefined;

/** The recording backend, registered with every kernel name that tfjs knows. */
function backendInstance(): TracingBackend {
  if (registered) return registered;
  const backend = new TracingBackend();
  registered = backend;
  tf.registerBackend(backendName, () => backend, -1000);
  const names = Object.values(tf as unknown as Record<string, unknown>).filter((value) => typeof value === "string");
  for (const kernelName of new Set([...names, ...Object.keys(captures)]))
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => record(kernelName, inputs, attrs ?? {}),
    });
  return backend;
}

/** Records one kernel call. */
function record(
  kernelName: string,
  inputs: tf.NamedTensorInfoMap,
  attributes: tf.NamedAttrMap,
): tf.TensorInfo | tf.TensorInfo[] {
  const capture = captures[kernelName];
  if (!capture)
    throw new ElbowError("unsupported-op", {
      message: `the tfjs operation ${kernelName} cannot stand in a program`,
      hint: "Write it with supported operations, or compute it outside and pass it as an argument.",
      at: { source: captureSource().line },
    });
  const operands: Record<string, Variable | readonly Variable[]> = {};
  for (const name in inputs) {
    const value: tf.TensorInfo | tf.TensorInfo[] | undefined = inputs[name];
    if (value) operands[name] = Array.isArray(value) ? value.map(variableOf) : variableOf(value);
  }
  const info = (result: Variable): tf.TensorInfo => ({
    dataId: remember(result),
    shape: [...result.shape],
    dtype: result.dtype,
  });
  const result = withBuilder(open().builder, () => capture(operands, attributes));
  return Array.isArray(result) ? (result as Variable[]).map(info) : info(result as Variable);
}

const mathRandom = Math.random;

/** Runs a body in which Math.random is refused: its number would stand in the program for ever, and the same seed give another one. */
function withoutRandomNumbers<R>(body: () => R): R {
  const outer = Math.random;
  if (outer !== mathRandom && isRefusing.has(outer)) return body();
  const refuse = (): number => {
    const { stack } = new Error();
    throw frozenRandom(randomOfTfjs(stack) ?? "Math.random");
  };
  isRefusing.add(refuse);
  Math.random = refuse;
  try {
    return body();
  } finally {
    Math.random = outer;
  }
}

const isRefusing = new WeakSet<() => number>();

/** A traced function, and what it used of the traces around it. */
export interface Traced {
  /** Inputs are the captured variables first, then the function's own arguments. */
  readonly program: Program;
  readonly captured: readonly Variable[];
}

/**
 * The elements of a tensor that are known while a program is recorded: those of constants and of real tensors that can be read
 * at once; undefined for all others.
 */
export function knownElements(tensor: tf.Tensor): ArrayLike<number> | undefined {
  const entry = traced.get(tensor.dataId);
  if (entry) return entry.trace.builder.elementsOf(entry.variable);
  if (tensor.isDisposed) throw disposedTensor();
  try {
    return tf.engine().readSync(tensor.dataId) as ArrayLike<number>;
  } catch {
    // a device that is read asynchronously only
    return undefined;
  }
}

/** Whether a tensor of the current trace is computed from another one. */
export function isComputedFrom(tensor: tf.Tensor, origin: tf.Tensor): boolean {
  const reached = new Set([variableOf(origin)]);
  for (const { inputs, outputs } of open().builder.equations)
    if (inputs.some((input) => reached.has(input))) for (const output of outputs) reached.add(output);
  return reached.has(variableOf(tensor));
}

/**
 * Records what a function does with tensors of the given types. Inside another trace, the outer tensors that it uses
 * are captured and become leading inputs.
 */
export function traceInner(types: readonly Type[], body: (...inputs: tf.Tensor[]) => readonly tf.Tensor[]): Traced {
  const engine = tf.engine() as unknown as {
    backendName: string;
    backendInstance: unknown;
    startScope(): void;
    endScope(): void;
  };
  const instance = backendInstance();
  const previous = { name: engine.backendName, instance: engine.backendInstance };
  const trace: Trace = {
    builder: new Builder(),
    parent: current,
    captured: new Map(),
    constants: new WeakMap(),
    isOpen: true,
    refused: undefined,
  };
  const inputs = types.map(({ shape, dtype }) => variable(shape, dtype));
  const before = current;
  current = trace;
  engine.backendName = backendName;
  engine.backendInstance = instance;
  engine.startScope();
  try {
    const results = withoutRandomNumbers(() => body(...inputs.map(tensorOf)));
    if (trace.refused) throw trace.refused;
    const outputs = results.map(variableOf);
    const program = trace.builder.program([...trace.captured.values(), ...inputs], outputs);
    return { program, captured: [...trace.captured.keys()] };
  } finally {
    trace.isOpen = false;
    engine.endScope();
    engine.backendName = previous.name;
    engine.backendInstance = previous.instance;
    current = before;
  }
}

/** Records a function of tensors as a program. @throws ElbowError for anything that cannot be traced, with its source line */
export function trace(types: readonly Type[], body: (...inputs: tf.Tensor[]) => readonly tf.Tensor[]): Program {
  const example = 'Write trace([{ shape: [3], dtype: "float32" }], (x) => [x.square()]).';
  checkArray("trace", "the types of the inputs", types, example);
  for (const type of types) checkObject("trace", "the type of an input", type, ["shape", "dtype"], example);
  checkFunction("trace", "the second argument", body, example);
  const outer = current;
  current = undefined;
  try {
    return traceInner(types, (...inputs) => {
      const outputs = body(...inputs);
      checkTensors("trace", "what the function returns", outputs);
      return outputs;
    }).program;
  } finally {
    current = outer;
  }
}

/** Runs emitters on the variables behind tensors, in the current trace. */
export const emitOnTensors = (
  tensors: readonly tf.Tensor[],
  emitter: (...variables: Variable[]) => readonly Variable[],
): tf.Tensor[] => {
  const variables = tensors.map(variableOf);
  return withBuilder(open().builder, () => emitter(...variables)).map(tensorOf);
};
