// How threads share regions: functions whose blocks may run side by side, in any order.
import { atomics } from "../assembler/atomics.js";
import type { I32 } from "../assembler/expression.js";
import type { Callable, FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { ModuleBuilder } from "../assembler/moduleBuilder.js";

/**
 * Words between the threads, far enough apart for caches. `task` says what there is to do, `done` how many blocks of the region are
 * finished. Nobody waits for a thread that has not taken a block: one that sleeps, or never came, is only missed as a helper.
 */
export const words = {
  /** The region's number and, in the lower half, how many of its blocks nobody has taken yet. */
  task: 0,
  done: 128,
  /** Not 0 after a trap in a worker: see `failures`. */
  failed: 132,
  /** Changes when there is something new to do: what sleeping threads wait for. */
  generation: 256,
  /** Not 0 when workers shall return. */
  quit: 260,
  sleepers: 384,
} as const;
export const controlBytes = 512;

/** What `failed` says. */
export const failures = { trap: 1, index: 2 } as const;

/** Both halves of `task` are 16 bits. */
export const mostBlocks = 0xffff;
export const mostRegions = 0xffff;

/** How often a worker looks before it sleeps: some 50 µs, less than what being woken costs. */
const looksBeforeSleep = 50_000;
/** How often the main thread looks before it asks whether the others are alive: about a millisecond. */
const looksBeforeQuestion = 500_000;

/** What a module with regions is made of. */
export interface ControlFunctions {
  /** Runs the blocks of a region, a `task`, and returns when all are done. For the main thread. */
  readonly fork: Callable<readonly ["i32"]>;
  /** Helps until `quit`. For workers. */
  readonly work: Callable<readonly []>;
  /** To be written when all regions are known: runs a block of a region. */
  readonly dispatch: FunctionBuilder<readonly ["i32", "i32"], undefined>;
}

/** @param stalled - called with the number of the question and of the blocks done, while the main thread waits */
export function controlFunctions(
  module: ModuleBuilder,
  address: number,
  stalled: Callable<readonly ["i32", "i32"]>,
): ControlFunctions {
  const at = (word: keyof typeof words): number => address + words[word];
  const dispatch = module.function({ params: ["i32", "i32"] }, "dispatch");
  const take = module.function({ params: [] }, "take");
  const task = take.let(atomics.load(at("task")));
  // The word says all that there is to know: whoever lowers its count by one may run that block, however late.
  take.while(i32.and(task, mostBlocks), () => {
    const seen = take.let(atomics.compareExchange(at("task"), task, i32.sub(task, 1)));
    take.if(i32.eq(seen, task), () => {
      take.call(dispatch, i32.shrU(task, 16), i32.sub(i32.and(task, mostBlocks), 1));
      take.let(atomics.add(at("done"), 1));
    });
    take.set(task, atomics.load(at("task")));
  });

  const fork = module.function({ params: ["i32"] }, "fork");
  const [region] = fork.params;
  fork.let(atomics.exchange(at("done"), 0));
  fork.let(atomics.exchange(at("task"), region));
  fork.let(atomics.add(at("generation"), 1));
  fork.if(atomics.load(at("sleepers")), () => fork.let(atomics.notify(at("generation"), -1)));
  fork.call(take);
  const question = fork.let(i32.const(0));
  const looks = fork.let(i32.const(0));
  fork.while(i32.ne(atomics.load(at("done")), i32.and(region, mostBlocks)), () => {
    fork.if(atomics.load(at("failed")), () => trap(fork));
    fork.set(looks, i32.add(looks, 1));
    fork.if(i32.eq(looks, looksBeforeQuestion), () => {
      fork.call(stalled, question, atomics.load(at("done")));
      fork.set(question, i32.add(question, 1));
      fork.set(looks, i32.const(0));
    });
  });

  const work = module.function({ params: [] }, "work");
  const generation = work.local("i32");
  const isSame = (): I32 => i32.eq(atomics.load(at("generation")), generation);
  work.while(i32.const(1), () => {
    // read before looking for work: what comes later is noticed
    work.set(generation, atomics.load(at("generation")));
    work.if(atomics.load(at("quit")), () => work.return());
    work.call(take);
    const count = work.let(i32.const(0));
    work.while(i32.and(isSame(), i32.ltU(count, looksBeforeSleep)), () => work.set(count, i32.add(count, 1)));
    work.if(isSame(), () => {
      work.let(atomics.add(at("sleepers"), 1));
      work.let(atomics.wait(at("generation"), generation));
      work.let(atomics.add(at("sleepers"), -1));
    });
  });
  return { fork, work, dispatch };
}

/** Stops the program. */
function trap(fn: FunctionBuilder<readonly ["i32"], undefined>): void {
  fn.let(i32.divS(i32.const(1), i32.const(0)));
}
