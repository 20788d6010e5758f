import type { I32 } from "../assembler/expression.js";
import type { Callable, FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { ModuleBuilder } from "../assembler/moduleBuilder.js";
import { select } from "../assembler/select.js";
import { type ControlFunctions, controlBytes, controlFunctions, mostBlocks, mostRegions } from "./control.js";

/** From how many nanoseconds on a loop is shared: below, the gain is not worth the risk of waiting for a helper. */
const leastShared = 20_000;
/** How long a block shall take: many times what taking it costs, and short enough for threads to finish together. */
const blockTime = 8_000;
const usualBlocks = 32;
/** Large blocks are cut further, so that a thread never takes long to return from one. */
const longestBlock = 50_000_000;

/** How the steps of a loop are cut into blocks: by sizes alone, never by the number of threads. */
export function blocksOf(steps: number, nanoseconds: number): { readonly blocks: number; readonly size: number } {
  if (steps < 2 || nanoseconds < leastShared) return { blocks: 1, size: steps };
  const wanted = Math.max(Math.min(usualBlocks, nanoseconds / blockTime), nanoseconds / longestBlock);
  const size = Math.ceil(steps / Math.min(steps, mostBlocks, Math.max(2, Math.ceil(wanted))));
  return { blocks: Math.ceil(steps / size), size };
}

/** The steps of a loop that may run side by side, in any order, and how long all of them are expected to take. */
export interface Work {
  readonly steps: number;
  readonly nanoseconds: number;
}

/**
 * Writes the steps from one up to another into a function. Their operands stand in memory: of another function's locals it only
 * has the captured values.
 */
export type WriteSteps = (fn: FunctionBuilder, from: I32 | number, to: I32 | number, captured: readonly I32[]) => void;

/** Gives the address of so many bytes, which nobody else gets. */
type Reserve = (bytes: number) => number;

/** The parts of a module that threads share. */
export class Regions {
  readonly #module: ModuleBuilder;
  readonly #reserve: Reserve;
  readonly #address: number;
  readonly #functions: ControlFunctions;
  readonly #regions: Callable<readonly ["i32"]>[] = [];
  #isInside = false;

  /** Imports a function that the waiting main thread asks whether the others are alive; so it comes before all functions. */
  constructor(module: ModuleBuilder, reserve: Reserve) {
    const stalled = module.importFunction("elbow", "stalled", { params: ["i32", "i32"] });
    this.#module = module;
    this.#reserve = reserve;
    // a line of the cache for each word
    this.#address = Math.ceil(reserve(controlBytes + 128) / 128) * 128;
    this.#functions = controlFunctions(module, this.#address, stalled);
  }

  /** Whether this work is to be shared. Inside a region nothing is. */
  isShared({ steps, nanoseconds }: Work): boolean {
    return !this.#isInside && this.#regions.length < mostRegions && blocksOf(steps, nanoseconds).blocks > 1;
  }

  /** Writes the work as a region of its own, and the call of it into `fn`. */
  share(fn: FunctionBuilder, { steps, nanoseconds }: Work, write: WriteSteps, captured: readonly I32[] = []): void {
    const { blocks, size } = blocksOf(steps, nanoseconds);
    const region = this.#module.function({ params: ["i32"] }, `region ${this.#regions.length}`);
    // a region's body is written like any other function's
    const body = region as unknown as FunctionBuilder;
    const address = captured.length > 0 ? this.#reserve(4 * captured.length) : 0;
    captured.forEach((value, i) => {
      fn.store(0, value, address + 4 * i);
    });
    fn.call(this.#functions.fork, i32.const((this.#regions.length << 16) | blocks));
    this.#regions.push(region);
    const [left] = region.params;
    const from = region.let(i32.mul(i32.sub(blocks - 1, left), size));
    const to = region.let(i32.add(from, size));
    region.set(to, select(i32.ltS(to, steps), to, i32.const(steps)));
    const values = captured.map((_, i) => region.let(i32.load(0, address + 4 * i)));
    this.#isInside = true;
    write(body, from, to, values);
    this.#isInside = false;
  }

  /** Writes what remains. Gives the address of the words between threads, or undefined if nothing is shared. */
  finish(): number | undefined {
    const { dispatch, work } = this.#functions;
    const [region, block] = dispatch.params;
    const choose = (first: number, count: number): void => {
      if (count === 0) return;
      if (count === 1) {
        dispatch.call(this.#regions[first]!, block);
        return;
      }
      const half = count >> 1;
      dispatch.if(
        i32.ltU(region, first + half),
        () => choose(first, half),
        () => choose(first + half, count - half),
      );
    };
    choose(0, this.#regions.length);
    this.#module.export("work", work);
    return this.#regions.length > 0 ? this.#address : undefined;
  }
}

/** Writes the work in one piece, or for threads to share where there are some and it is worth it. */
export function writeShared(
  { fn, regions }: { readonly fn: FunctionBuilder; readonly regions?: Regions | undefined },
  work: Work,
  write: WriteSteps,
  captured: readonly I32[] = [],
): void {
  if (regions?.isShared(work)) regions.share(fn, work, write, captured);
  else write(fn, 0, work.steps, captured);
}
