// Runs a compiled program's commands: as few submissions as possible, and no waiting but for what the host must see.

import { sizeOf } from "../../util/shapes.js";
import { dataFromElements, elementsFromData } from "../arrays.js";
import type { Command, Compiled, HostCall, Launch, Repetition } from "./compiled.js";
import type { Gpu } from "./gpu.js";
import { type Memory, read, write } from "./memory.js";
import type { Loop } from "./plan/units.js";

/** So many dispatches are submitted at once. */
const dispatchesPerSubmit = 512;
/** Steps that a kernel takes at once: an even number, and no more than a display driver lets a kernel run for. */
const stepsPerDispatch = 64;
/** Submissions that may be on their way before the host waits. */
const mostUnderway = 4;

/** Writes commands and submits them now and then. */
class Recorder {
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private group: GPUBindGroup | undefined;
  private pipeline: GPUComputePipeline | undefined;
  private count = 0;
  private readonly underway: Promise<unknown>[] = [];

  constructor(private readonly gpu: Gpu) {}

  dispatch(pipeline: GPUComputePipeline, group: GPUBindGroup, grid: readonly [number, number]): void {
    this.encoder ??= this.gpu.device.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass();
    if (this.pipeline !== pipeline) this.pass.setPipeline(pipeline);
    this.pipeline = pipeline;
    if (this.group !== group) this.pass.setBindGroup(0, group);
    this.group = group;
    this.pass.dispatchWorkgroups(grid[0], grid[1]);
    this.gpu.counters.dispatches++;
    this.count++;
  }

  copyWord(from: GPUBuffer, at: number, to: GPUBuffer, where: number): void {
    this.encoder ??= this.gpu.device.createCommandEncoder();
    this.endPass();
    this.encoder.copyBufferToBuffer(from, at, to, where, 4);
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = undefined;
    this.group = undefined;
    this.pipeline = undefined;
  }

  submit(): void {
    this.endPass();
    if (!this.encoder) return;
    this.gpu.device.queue.submit([this.encoder.finish()]);
    this.gpu.counters.submits++;
    this.encoder = undefined;
    this.count = 0;
    this.underway.push(this.gpu.device.queue.onSubmittedWorkDone());
  }

  get isFull(): boolean {
    return this.count >= dispatchesPerSubmit;
  }

  /** Submits what is enough, and waits if too much is underway: the event loop goes on meanwhile. */
  async pace(): Promise<void> {
    if (!this.isFull) return;
    this.submit();
    if (this.underway.length > mostUnderway) await this.underway.shift();
    this.gpu.check();
  }
}

/** Takes steps from an even one on. */
export async function runSteps(gpu: Gpu, compiled: Compiled, memory: Memory, steps: number): Promise<void> {
  const recorder = new Recorder(gpu);
  const groups = memory.groups!;
  const numbers = new Map<Loop, number>();
  const numberOf = (loop: Loop): number => numbers.get(loop) ?? 0;
  const run = async (commands: readonly Command[], half: 0 | 1): Promise<void> => {
    for (const command of commands) {
      if (command.kind === "launch") recorder.dispatch(command.pipeline, groups[half], command.grid);
      else if (command.kind === "repeat") await repeat(command, half);
      else {
        recorder.submit();
        await evaluate(gpu, compiled, memory, command, numberOf);
      }
    }
  };
  const repeat = async ({ loop, counter, commands }: Repetition, half: 0 | 1): Promise<void> => {
    for (let t = 0; t < loop.length; t++) {
      numbers.set(loop, t);
      recorder.copyWord(memory.numbers, 4 * t, memory.params[half], 16 * (1 + counter));
      await run(commands, half);
      await recorder.pace();
    }
  };
  if (compiled.takesSteps) {
    const [{ pipeline, grid }] = compiled.commands as [Launch];
    const rest = steps % stepsPerDispatch;
    [stepsPerDispatch, rest].forEach((count, i) => {
      gpu.device.queue.writeBuffer(memory.params[i]!, 0, new Uint32Array([0, 0, count, 0]));
    });
    for (let step = stepsPerDispatch; step <= steps; step += stepsPerDispatch) {
      recorder.dispatch(pipeline, groups[0], grid);
      if (recorder.isFull) await recorder.pace();
    }
    if (rest > 0) recorder.dispatch(pipeline, groups[1], grid);
    recorder.submit();
    return;
  }
  const launches = compiled.commands.filter((command) => command.kind === "launch");
  const isFlat = launches.length === compiled.commands.length;
  for (let step = 0; step < steps; step++) {
    if (isFlat) {
      for (const { pipeline, grid } of launches) recorder.dispatch(pipeline, groups[step & 1]!, grid);
      if (recorder.isFull) await recorder.pace();
      continue;
    }
    const half = (step & 1) as 0 | 1;
    numbers.set(compiled.steps, half);
    await run(compiled.commands, half);
    await recorder.pace();
  }
  recorder.submit();
}

/** Reads an equation's operands, evaluates it in double precision and writes the results. */
async function evaluate(
  gpu: Gpu,
  { places }: Compiled,
  memory: Memory,
  { root }: HostCall,
  numberOf: (loop: Loop) => number,
): Promise<void> {
  const { primitive, inputs, outputs, attributes } = root.equation!;
  const positionOf = (variable: (typeof inputs)[0]) => places.position(variable, numberOf);
  const known = inputs.filter(({ shape }) => sizeOf(shape) > 0);
  const data = await read(
    gpu,
    memory,
    known.map((variable) => ({ variable, position: positionOf(variable) })),
  );
  const operands = inputs.map((input) => {
    const at = known.indexOf(input);
    return { shape: input.shape, dtype: input.dtype, elements: elementsFromData(at < 0 ? [] : data[at]!) };
  });
  primitive.evaluate(operands, attributes).forEach((elements, i) => {
    const output = outputs[i]!;
    write(gpu, memory, positionOf(output), output, dataFromElements(elements, output.dtype));
  });
  gpu.counters.hostEvaluations++;
}
