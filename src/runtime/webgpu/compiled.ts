// A program as pipelines and a plan of memory: everything but the memory itself.
import { ElbowError } from "../../errors.js";
import type { Program, Variable } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { kernelOf } from "./emit/kernel.js";
import { Places } from "./emit/places.js";
import { type Gpu, type Layout, memoryLimits } from "./gpu.js";
import { layoutOf } from "./layouts.js";
import { aloneIfSmall, type Item, itemsOf } from "./plan/items.js";
import { placeValues } from "./plan/memory.js";
import type { Root } from "./plan/roots.js";
import { type Loop, planUnits } from "./plan/units.js";

/** A kernel that is ready to be dispatched. */
export interface Launch {
  readonly kind: "launch";
  readonly pipeline: GPUComputePipeline;
  readonly source: string;
  /** Workgroups along both axes. */
  readonly grid: readonly [number, number];
}

export interface Repetition {
  readonly kind: "repeat";
  readonly loop: Loop;
  readonly counter: number;
  readonly commands: readonly Command[];
}

export interface HostCall {
  readonly kind: "host";
  readonly root: Root;
}

export type Command = Launch | Repetition | HostCall;

export interface Compiled {
  readonly commands: readonly Command[];
  /** Whether they are one kernel that takes as many steps as its parameters say, from an even one on. */
  readonly takesSteps: boolean;
  readonly places: Places;
  readonly steps: Loop;
  /** Sizes in words of the buffers that values share. */
  readonly words: readonly number[];
  /** Inputs that have buffers of their own, which come after those and are only read. */
  readonly ownInputs: readonly Variable[];
  readonly layout: Layout;
  readonly inputs: readonly Variable[];
  /** Undefined for outputs without elements. */
  readonly outputs: readonly (Variable | undefined)[];
  readonly constants: readonly { readonly variable: Variable; readonly elements: Float64Array }[];
  /** Counters of loops, and the length of the longest such loop. */
  readonly counters: number;
  readonly longest: number;
  /** Rejects if the GPU takes a kernel for invalid. */
  readonly validity: Promise<void>;
}

/** Inputs of at least so many elements may have a buffer of their own. */
const leastAlone = 1024;

/** @param carried - how many leading outputs are the leading inputs of the next step */
export function compileProgram(gpu: Gpu, program: Program, carried: number): Compiled {
  const steps: Loop = { id: 0, length: Number.POSITIVE_INFINITY, reverse: false, index: "params.step" };
  const planned = planUnits(program, carried, steps);
  const { block, graph, parts, homes } = planned;
  const counters = { count: 0 };
  const separate = itemsOf(planned, counters, gpu.kernelLimits);
  const alone = carried > 0 ? aloneIfSmall(separate, gpu.kernelLimits) : undefined;
  const items = alone ? [alone] : separate;
  // a kernel that takes several steps counts them itself
  if (alone) steps.index = "step_";
  const constants = [...graph.constants]
    .filter(([{ shape }]) => sizeOf(shape) > 1)
    .map(([variable, elements]) => ({ variable, elements }));
  const permanent = new Set<Variable>();
  const keep = (variable: Variable | undefined): void => {
    let own = variable;
    for (let part = own && parts.get(own); part; part = parts.get(own!)) own = part.of;
    if (own && sizeOf(own.shape) > 0) permanent.add(own);
  };
  block.program.inputs.forEach(keep);
  block.outputs.forEach(keep);
  for (const { variable } of constants) keep(variable);
  for (const each of permanent) homes.set(each, []);
  const large = block.program.inputs
    .filter(({ shape }, i) => i >= carried && sizeOf(shape) >= leastAlone)
    .sort((a, b) => sizeOf(b.shape) - sizeOf(a.shape));
  const { positions, words, ownInputs } = placeValues(planned, items, permanent, large, memoryLimits(gpu));
  const places = new Places(positions, parts);
  const buffers = words.length + ownInputs.length;
  const layout = layoutOf(gpu, buffers, ownInputs.length);
  const context = { graph, places, buffers, inputBuffers: ownInputs.length, counters: counters.count };
  let longest = 0;
  const commandOf = (item: Item): Command => {
    if (item.kind === "host") return { kind: "host", root: item.unit.heads[0]! };
    if (item.kind === "repeat") {
      longest = Math.max(longest, item.loop.length);
      const { loop, counter } = item;
      return { kind: "repeat", loop, counter, commands: item.items.map(commandOf) };
    }
    const { source, workgroups } = kernelOf(item, context, alone && steps.index);
    return {
      kind: "launch",
      pipeline: pipelineOf(gpu, source, layout.pipeline),
      source,
      grid: gridOf(gpu, workgroups),
    };
  };
  gpu.device.pushErrorScope("validation");
  const commands = items.map(commandOf);
  const validity = gpu.device.popErrorScope().then((error) => {
    if (error) throw new ElbowError("internal", { message: `the GPU refuses a kernel: ${error.message}` });
  });
  validity.catch(() => undefined);
  const { inputs } = block.program;
  const { outputs } = block;
  return {
    commands,
    takesSteps: alone !== undefined,
    places,
    steps,
    words,
    ownInputs,
    layout,
    inputs,
    outputs,
    constants,
    counters: counters.count,
    longest,
    validity,
  };
}

/** As many rows as are needed of at most as many workgroups as one axis may have; kernels ignore those beyond the last. */
function gridOf({ device }: Gpu, workgroups: number): readonly [number, number] {
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  if (workgroups <= most) return [workgroups, 1];
  const rows = Math.ceil(workgroups / most);
  return [Math.ceil(workgroups / rows), rows];
}

function pipelineOf(
  { device, pipelines, counters }: Gpu,
  source: string,
  layout: GPUPipelineLayout,
): GPUComputePipeline {
  const known = pipelines.get(source);
  if (known) return known;
  const module = device.createShaderModule({ code: source });
  const pipeline = device.createComputePipeline({ layout, compute: { module, entryPoint: "main" } });
  counters.pipelines++;
  pipelines.set(source, pipeline);
  return pipeline;
}
