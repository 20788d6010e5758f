// A nest of loops around equations: values that nothing else uses never leave their locals, and folds have accumulators.
import type { Variable } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import type { I32, Local } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import { maskedTo } from "../kernels/reductions.js";
import type { Work } from "../threads/regions.js";
import { joinLoops } from "./joinLoops.js";
import type { Axes, Nest, Step } from "./nest.js";
import {
  type Access,
  type At,
  accessTo,
  type Chunk,
  loadLanes,
  offsetAt,
  positionsAlong,
  storeGroups,
  storeLanes,
} from "./nestAccess.js";
import { elementsOf, joinPairwise } from "./nestElements.js";
import { type Exit, exitOf, foldFour } from "./nestExits.js";
import { weightOf } from "./relation.js";
import { smallLimit } from "./schedule.js";
import type { Frame } from "./unit.js";

type Vector = Local<"v128">;

/** Rows of the outer loops: bytes from a value's start, by the strides that the value has along them. */
type Rows = ReadonlyMap<string, I32 | undefined>;

/** Accumulators of each fold. */
type Accumulators = ReadonlyMap<Exit, readonly Vector[]>;

/** So many terms an accumulator takes before it is added to a total: sums are as good as pairwise ones. */
const blockTerms = 1024;
/** Elements that repeat along all loops are kept in locals up to this number, and loaded where they are used beyond it. */
const mostHoisted = 12;
/** Bodies of up to so many instructions are written out instead of looped over. */
const unrollingLimit = 400;
/** In lighter bodies one accumulator would wait for its last addition. */
const lightBody = 24;
const nanosecondsOf = (instructions: number): number => 0.3 * instructions;

export function emitNest({ fn: main, unit, values }: Frame, nest: Nest, at: number): void {
  // what is written to: while threads' part of the outermost loop is written, its region
  let fn = main;
  const unnamedExits = nest.steps.filter(({ isExit }) => isExit).map((step) => exitOf(step, nest));
  const inner = nest.steps.filter(({ isExit }) => !isExit);
  const made = new Set(inner.flatMap(({ equation }) => equation.outputs));
  // a value under another shape is stored by the equation that made it
  const kept = inner.filter(
    ({ equation }) => equation.primitive.name !== "reshape" && values.isUsedAfter(equation.outputs[0]!, at),
  );

  // where everything stands
  const accesses: Access[] = [];
  const outside = new Map<string, number>();
  const single = new Set<Variable>();
  const access = (variable: Variable, axes: Axes, address: number): number =>
    accesses.push(accessTo(variable, axes, address, nest)) - 1;
  const nameOf = (variable: Variable, axes: Axes): string => `${variable.id}:${axes}`;
  for (const { equation, operands } of nest.steps)
    for (const [i, input] of equation.inputs.entries()) {
      if (made.has(input)) continue;
      const name = nameOf(input, operands[i]!);
      if (sizeOf(input.shape) === 1) single.add(input);
      else if (!outside.has(name)) outside.set(name, access(input, operands[i]!, values.operand(input).address));
    }
  let alone: ReadonlyMap<Variable, Vector> = new Map([...single].map((input) => [input, values.chunks(input)[0]!]));
  const targets = kept.map(({ equation: { outputs }, output }) =>
    access(outputs[0]!, output, values.target(outputs[0]!).address),
  );
  const results = unnamedExits.map(({ depth, step: { equation, output } }) => {
    const [variable] = equation.outputs;
    return depth === 0 && sizeOf(variable!.shape) <= smallLimit
      ? undefined
      : access(variable!, output, values.target(variable!).address);
  });
  const joined = joinLoops({
    sizes: nest.loops.map((loop) => nest.sizes[loop]!),
    strides: accesses.map(({ loops }) => loops),
    depths: unnamedExits.map(({ depth }) => depth),
  });
  const { sizes } = joined;
  const placed = accesses.map((each, i): Access => ({ ...each, loops: joined.strides[i]! }));
  const reads = [...outside.values()].map((i) => placed[i]!);
  const exits = unnamedExits.map((exit, i): Exit => ({ ...exit, depth: joined.depths[i]! }));
  const lane = sizes.length - 1;
  const origin: At = new Array<number>(nest.sizes.length).fill(0);

  const positionsOf = ({ unrolled }: Access): At[] =>
    positionsAlong(
      unrolled.map(([axis]) => axis),
      nest.sizes,
      origin,
    );
  const written = new Set(targets.map((i) => placed[i]!.address));
  const overwritten = reads.filter(({ address }) => written.has(address));

  const rowKey = ({ loops }: Access, depth: number): string => loops.slice(0, depth).join();
  const hoist = (chosen: readonly Access[], rows: Rows, known: ReadonlyMap<string, Vector>): Map<string, Vector> => {
    const loaded = new Map(known);
    const chunk = chunkAt(rows, undefined, 0, 4);
    for (const each of chosen) {
      const all = positionsOf(each);
      if (loaded.size + all.length > mostHoisted) continue;
      for (const position of all)
        loadLanes(chunk, each, position, nest.sizes, (place, value) => loaded.set(loadKey(each, place), value));
    }
    return loaded;
  };
  const loadKey = (each: Access, position: At): string => `${placed.indexOf(each)}:${offsetAt(each, position)}`;
  const chunkAt = (rows: Rows, moving: I32 | undefined, from: number, count: number): Chunk => ({
    fn,
    rowOf: (each) => rows.get(rowKey(each, lane)),
    lane: moving,
    from,
    count,
    offsets: new Map(),
  });

  /** All equations on four lanes, and what becomes of their results. */
  const body = (chunk: Chunk, hoisted: ReadonlyMap<string, Vector>, accumulators: Accumulators): void =>
    fn.scope(() => {
      const loaded = new Map(hoisted);
      const load = ({ equation, operands }: Step, i: number, position: At): Vector => {
        const input = equation.inputs[i]!;
        const everywhere = alone.get(input);
        if (everywhere) return everywhere;
        const from = placed[outside.get(nameOf(input, operands[i]!))!]!;
        const key = loadKey(from, position);
        if (!loaded.has(key))
          loadLanes(chunk, from, position, nest.sizes, (place, value) => loaded.set(loadKey(from, place), value));
        return loaded.get(key)!;
      };
      const element = elementsOf(fn, nest, load);
      // what will be written over is read before anything is written
      for (const each of overwritten)
        for (const position of positionsOf(each))
          if (!loaded.has(loadKey(each, position)))
            loadLanes(chunk, each, position, nest.sizes, (place, value) => loaded.set(loadKey(each, place), value));
      const actions = kept.flatMap(({ equation }, k) => {
        const target = placed[targets[k]!]!;
        return storeGroups(target, nest.sizes).map((group, i, { length }) => ({
          order: (i + 1) / length,
          act: () =>
            storeLanes(
              chunk,
              target,
              group,
              group.map((position) => element(equation.outputs[0]!, position)),
            ),
        }));
      });
      for (const exit of exits) {
        const { fold, step, terms } = exit;
        const { join, map = (_, x) => x } = fold;
        const [input] = step.equation.inputs;
        const term = (position: At): Vector =>
          fn.let(map(fn, made.has(input!) ? element(input!, position) : load(step, 0, position)));
        terms.forEach((positions, i) => {
          const accumulator = accumulators.get(exit)![i]!;
          const act = (): void => {
            const sum = joinPairwise(fn, positions.map(term), join);
            fn.set(accumulator, join(accumulator, maskedTo(fold, sum, chunk.count)));
          };
          actions.push({ order: (i + 1) / terms.length, act });
        });
      }
      // what belongs to the same unrolled elements comes together, so that few of them live at a time
      for (const { act } of actions.toSorted((x, y) => x.order - y.order)) act();
    });

  const neutral = (of: readonly Exit[]): Accumulators => {
    const fresh = of.map((exit) => [exit, exit.results.map(() => fn.local("v128"))] as const);
    for (const [{ fold }, locals] of fresh) for (const local of locals) fn.set(local, fold.neutral);
    return new Map(fresh);
  };
  const addTo = (totals: Accumulators, parts: Accumulators): void => {
    for (const [exit, locals] of parts)
      for (const [i, total] of totals.get(exit)!.entries()) fn.set(total, exit.fold.join(total, locals[i]!));
  };

  const weight = inner.reduce(
    (sum, { equation, relation }) =>
      sum +
      ((1 + weightOf(equation, relation)) * sizeOf(relation.sizes)) /
        sizeOf(nest.loops.map((loop) => nest.sizes[loop]!)),
    0,
  );
  /** Of all: what four lanes take, by instructions. */
  const nanoseconds = nanosecondsOf(weight + exits.length + 2) * (sizeOf(sizes) / 4);
  const isLight = weight + exits.length <= lightBody && exits.length > 0 && exits.length <= 4;

  /** The innermost loop from one position to another, in steps of four. */
  const innermost = (rows: Rows, accumulators: Accumulators): void => {
    const length = sizes[lane]!;
    const ofRow = hoist(
      reads.filter(({ loops }) => loops[lane] === 0 && loops.some((stride) => stride !== 0)),
      rows,
      hoistedOutside,
    );
    // the outermost loop has no rows around it
    const rowHoisted = () => (lane === 0 ? hoistedOutside : ofRow);
    const chunks = Math.floor(length / 4);
    const rest = length % 4;
    const factor = isLight && chunks >= 8 && exits.every(({ results: { length: n } }) => n <= 2) ? 4 : 1;
    const isWrittenOut = chunks + (rest > 0 ? 1 : 0) <= Math.max(1, Math.min(4, unrollingLimit / weight));
    const one = (from: number, count: number): void =>
      body(chunkAt(rows, undefined, from, count), rowHoisted(), accumulators);
    if (isWrittenOut) for (let i = 0; i < chunks; i++) one(4 * i, 4);
    else {
      const whole = factor * Math.floor(chunks / factor);
      inBlocks(lane, whole / factor, 1, accumulators, (first, end, own) => {
        const [from, to] = [first, end].map((position) =>
          typeof position === "number" ? 16 * factor * position : fn.let(i32.mul(position, 16 * factor)),
        );
        const sets = [own, ...Array.from({ length: factor - 1 }, () => neutral([...own.keys()]))];
        fn.loop({ from: from!, to: to!, step: 16 * factor }, (moving) =>
          fn.scope(() => {
            for (const [k, set] of sets.entries()) body(chunkAt(rows, moving, 4 * k, 4), rowHoisted(), set);
          }),
        );
        for (const set of sets.slice(1)) addTo(own, set);
      });
      for (let i = whole; i < chunks; i++) one(4 * i, 4);
    }
    if (rest > 0) one(4 * chunks, rest);
  };

  /** Runs through `count` iterations of which each adds so many terms, with accumulators of their own for every block. */
  const inBlocks = (
    depth: number,
    count: number,
    termsEach: number,
    accumulators: Accumulators,
    run: (from: I32 | number, to: I32 | number, own: Accumulators) => void,
  ): void => {
    const size = Math.max(1, Math.floor(blockTerms / termsEach));
    const isBlocked = count > size && accumulators.size > 0;
    const work = { steps: isBlocked ? Math.ceil(count / size) : count, nanoseconds };
    const isShared = depth === 0 && (isBlocked || accumulators.size === 0) && unit.regions?.isShared(work);
    if (!isBlocked) {
      if (isShared) share(work, (from, to) => run(from, to, accumulators));
      else run(0, count, accumulators);
      return;
    }
    const block = (from: I32): Accumulators => {
      const end = fn.let(i32.add(from, size));
      fn.if(i32.gtS(end, count), () => fn.set(end, i32.const(count)));
      const own = neutral([...accumulators.keys()]);
      run(from, end, own);
      return own;
    };
    if (isShared) {
      const bytes = 16 * [...accumulators.values()].flat().length;
      const parts = unit.layout.allocate({ shape: [(work.steps * bytes) / 4], dtype: "float32" });
      share(work, (first, last) =>
        fn.loop({ from: first, to: last }, (i) =>
          fn.scope(() => {
            const own = block(fn.let(i32.mul(i, size)));
            const to = fn.let(i32.mul(i, bytes));
            for (const [k, local] of [...own.values()].flat().entries()) fn.store(to, local, parts.address + 16 * k);
          }),
        ),
      );
      // joined in the order of one thread
      fn.loop({ to: work.steps * bytes, step: bytes }, (from) => {
        let k = 0;
        for (const [exit, totals] of accumulators)
          for (const total of totals) fn.set(total, exit.fold.join(total, v128.load(from, parts.address + 16 * k++)));
      });
      unit.layout.release(parts);
      return;
    }
    fn.loop({ to: count, step: size }, (from) => fn.scope(() => addTo(accumulators, block(from))));
  };

  /** Writes the outermost loop's work as a region, with its own loads of what repeats. */
  const share = (work: Work, write: (from: I32 | number, to: I32 | number) => void): void => {
    const outer = [alone, hoistedOutside] as const;
    const places = [...single].map((input) => [input, values.operand(input).address] as const);
    unit.regions!.share(fn as unknown as FunctionBuilder, work, (region, from, to) => {
      fn = region as unknown as typeof fn;
      alone = new Map(places.map(([input, address]) => [input, fn.let(v128.load32Splat(0, address))]));
      hoistedOutside = hoistRepeated();
      write(from, to);
    });
    fn = main;
    [alone, hoistedOutside] = outer;
  };

  /** Terms that one iteration of a loop adds to an accumulator around it. */
  const termsOf = (depth: number): number => {
    if (depth > lane) return 1;
    const count = (depth === lane ? Math.ceil(sizes[lane]! / 4) : sizes[depth]!) * termsOf(depth + 1);
    return count <= blockTerms ? count : Math.ceil(count / blockTerms);
  };

  const level = (depth: number, rows: Rows, around: Accumulators): void => {
    const own = neutral(exits.filter((exit) => exit.depth === depth));
    const accumulators: Accumulators = new Map([...around, ...own]);
    if (depth === lane) innermost(rows, accumulators);
    else
      inBlocks(depth, sizes[depth]!, termsOf(depth + 1), accumulators, (from, to, set) =>
        fn.loop({ from, to }, (i) => fn.scope(() => level(depth + 1, rowsInside(rows, depth, i), set))),
      );
    for (const exit of own.keys()) finish(exit, own.get(exit)!, rows);
  };
  const rowsInside = (rows: Rows, depth: number, i: I32): Rows => {
    const next = new Map<string, I32 | undefined>();
    for (const each of placed) {
      const key = rowKey(each, depth + 1);
      if (next.has(key)) continue;
      const base = rows.get(rowKey(each, depth));
      const stride = each.loops[depth]!;
      const step = i32.mul(i, 4 * stride);
      next.set(key, stride === 0 ? base : fn.let(base ? i32.add(base, step) : step));
    }
    return next;
  };

  /** Joins the lanes of the accumulators: into locals, or into memory. */
  const finish = (exit: Exit, accumulators: readonly Vector[], rows: Rows): void => {
    const fours = Array.from({ length: Math.ceil(accumulators.length / 4) }, (_, i) =>
      foldFour(fn, exit.fold, accumulators.slice(4 * i, 4 * i + 4)),
    );
    const target = results[exits.indexOf(exit)];
    if (target === undefined) {
      values.setChunks(exit.step.equation.outputs[0]!, fours);
      return;
    }
    const to = placed[target]!;
    const row = rows.get(rowKey(to, exit.depth));
    exit.results.forEach((position, i) => {
      const fixed = to.address + 4 * offsetAt(to, position);
      fn.storeLane32(row ?? 0, fours[i >> 2]!, i % 4, fixed);
    });
  };

  const hoistRepeated = (): Map<string, Vector> =>
    hoist(
      reads.filter(({ loops }) => loops.every((stride) => stride === 0)),
      new Map(),
      new Map(),
    );
  let hoistedOutside = hoistRepeated();
  level(0, new Map([["", undefined]]), new Map());
}
