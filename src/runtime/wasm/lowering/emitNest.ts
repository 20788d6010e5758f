// A nest of loops around equations: values that nothing else uses never leave their locals, and folds have accumulators.
import { sizeOf } from "../../../util/shapes.js";
import type { I32 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import { type Accumulators, addTo, blockSize, fresh, freshLike, inBlocks, termsOf } from "../kernels/accumulators.js";
import type { Work } from "../threads/regions.js";
import type { Nest } from "./nest.js";
import { type Access, type Chunk, offsetAt } from "./nestAccess.js";
import { emitBody, type Loaded, loadOnce, type Site } from "./nestBody.js";
import { foldFour } from "./nestExits.js";
import { type NestPlan, type PlannedExit, planNest, positionsOf } from "./nestPlan.js";
import { weightOf } from "./relation.js";
import type { Frame } from "./unit.js";

/** Bytes from a value's start to the row that the outer loops are at, by the strides that the value has along them. */
type Rows = ReadonlyMap<string, I32 | undefined>;

/** Writes iterations from one up to another, which add to the accumulators. */
type WriteRange = (site: Site, from: I32 | number, to: I32 | number, own: readonly Accumulators[]) => void;

/** Elements that repeat along loops are loaded outside of them up to this number, and where they are used beyond it. */
const mostHoisted = 12;
/** Bodies of up to so many instructions are written out instead of looped over. */
const unrollingLimit = 400;
/** In lighter bodies one accumulator would wait for its last addition: they get four. */
const lightBody = 24;
const mostQuadrupled = 4;
/** Of an instruction on four lanes. */
const nanoseconds = 0.3;

export function emitNest(frame: Frame, nest: Nest, at: number): void {
  const { fn, values, unit } = frame;
  const plan = planNest(frame, nest, at);
  const { exits, sizes, reads } = plan;
  const lane = sizes.length - 1;
  const weight = weightOfBody(nest);
  const results = exits.reduce((sum, exit) => sum + exit.results.length, 0);
  const isLight = weight <= lightBody && results > 0 && results <= mostQuadrupled;

  /** The innermost loop: four lanes at a time, and what is left. */
  const innermost = (outside: Site, rows: Rows, accumulators: readonly Accumulators[]): void => {
    const chunks = Math.floor(sizes[lane]! / 4);
    const rest = sizes[lane]! % 4;
    const repeated = reads.filter(({ loops }) => loops[lane] === 0 && loops.some((stride) => stride !== 0));
    const hoisted = hoist(outside, plan, rows, repeated);
    const site = { ...outside, hoisted };
    const isWrittenOut = chunks <= Math.min(4, unrollingLimit / weight);
    const factor = isLight && chunks >= 8 ? 4 : 1;
    const looped = isWrittenOut ? 0 : chunks - (chunks % factor);
    range(site, lane, looped / factor, 1, accumulators, (inside, first, end, own) => {
      const to = inside.fn;
      const [from, until] = [first, end].map((position) =>
        typeof position === "number" ? 16 * factor * position : to.let(i32.mul(position, 16 * factor)),
      );
      const sets = [own, ...Array.from({ length: factor - 1 }, () => freshLike(to, own))];
      to.loop({ from: from!, to: until!, step: 16 * factor }, (moving) => {
        for (const [k, set] of sets.entries()) body(inside, rows, { moving, from: 4 * k, count: 4 }, set);
      });
      for (const set of sets.slice(1)) addTo(to, own, set);
    });
    for (let i = looped; i < chunks; i++) body(site, rows, { from: 4 * i, count: 4 }, accumulators);
    if (rest > 0) body(site, rows, { from: 4 * chunks, count: rest }, accumulators);
  };
  const body = (site: Site, rows: Rows, place: Place, own: readonly Accumulators[]): void =>
    site.fn.scope(() => emitBody(site, plan, chunkAt(site, rows, place), own));

  /** The loops from a depth on; `around` are the accumulators of the exits that are folded over loops outside of these. */
  const level = (site: Site, depth: number, rows: Rows, around: readonly (Accumulators | undefined)[]): void => {
    const accumulators = exits.map((exit, k) =>
      exit.depth === depth ? fresh(site.fn, exit.fold, exit.results.length) : around[k],
    );
    if (depth === lane) innermost(site, rows, accumulators as readonly Accumulators[]);
    else {
      const open = accumulators.filter((each) => each !== undefined);
      range(site, depth, sizes[depth]!, termsWithin(sizes, depth), open, (inside, from, to, own) => {
        const current = accumulators.map((each) => each && own[open.indexOf(each)]);
        inside.fn.loop({ from, to }, (i) =>
          inside.fn.scope(() => level(inside, depth + 1, rowsInside(inside, plan, rows, depth, i), current)),
        );
      });
    }
    for (const [k, exit] of exits.entries()) if (exit.depth === depth) finish(site, exit, accumulators[k]!, rows);
  };

  /** A loop, in blocks for the sake of the accumulators; the outermost one is shared by threads if that is worth it. */
  const range = (
    site: Site,
    depth: number,
    count: number,
    termsEach: number,
    totals: readonly Accumulators[],
    write: WriteRange,
  ): void => {
    const size = totals.length > 0 ? blockSize(count, termsEach) : 1;
    const work = {
      steps: Math.ceil(count / size),
      nanoseconds: (nanoseconds * (weight + results + 2) * sizeOf(sizes)) / 4,
    };
    if (depth > 0 || count <= size || !unit.regions?.isShared(work))
      inBlocks(site.fn, { count }, termsEach, totals, (from, to, own) => write(site, from, to, own));
    else if (totals.length === 0) share(work, (inside, from, to) => write(inside, from, to, []));
    else shareBlocks(work, count, size, termsEach, totals, write);
  };

  /** Writes the outermost loop's work as a region, with its own loads of what repeats. */
  const share = (work: Work, write: (site: Site, from: I32 | number, to: I32 | number) => void): void => {
    const addresses = [...plan.singles].map((input) => [input, values.operand(input).address] as const);
    unit.regions!.share(fn as unknown as FunctionBuilder, work, (region, from, to) => {
      const singles = new Map(
        addresses.map(([input, address]) => [input, region.let(v128.load32Splat(0, address))] as const),
      );
      write(siteIn(plan, region as unknown as typeof fn, singles), from, to);
    });
  };

  /** Every block leaves its part of the folds in memory; they are joined afterwards, always in the same order. */
  const shareBlocks = (
    work: Work,
    count: number,
    size: number,
    termsEach: number,
    totals: readonly Accumulators[],
    write: WriteRange,
  ): void => {
    const locals = totals.flatMap((each) => each.locals.map((local) => ({ local, join: each.fold.join })));
    const bytes = 16 * locals.length;
    const parts = unit.layout.allocate({ shape: [(work.steps * bytes) / 4], dtype: "float32" });
    share(work, (site, first, last) =>
      site.fn.loop({ from: first, to: last }, (block) =>
        site.fn.scope(() => {
          const start = site.fn.let(i32.mul(block, size));
          const end = site.fn.let(i32.add(start, size));
          site.fn.if(i32.gtS(end, count), () => site.fn.set(end, i32.const(count)));
          const own = freshLike(site.fn, totals);
          inBlocks(site.fn, { start, end, count: size }, termsEach, own, (from, to, each) =>
            write(site, from, to, each),
          );
          const to = site.fn.let(i32.mul(block, bytes));
          for (const [k, local] of own.flatMap((each) => each.locals).entries())
            site.fn.store(to, local, parts.address + 16 * k);
        }),
      ),
    );
    fn.loop({ to: work.steps * bytes, step: bytes }, (from) => {
      for (const [k, { local, join }] of locals.entries())
        fn.set(local, join(local, v128.load(from, parts.address + 16 * k)));
    });
    unit.layout.release(parts);
  };

  /** Joins the lanes of the accumulators: into locals, or into memory. */
  const finish = (site: Site, exit: PlannedExit, { locals }: Accumulators, rows: Rows): void => {
    const { fold, step, depth, to } = exit;
    const fours = Array.from({ length: Math.ceil(locals.length / 4) }, (_, i) =>
      foldFour(site.fn, fold, locals.slice(4 * i, 4 * i + 4)),
    );
    if (!to) values.setChunks(step.equation.outputs[0]!, fours);
    else
      for (const [i, place] of exit.results.entries())
        site.fn.storeLane32(
          rows.get(rowKey(to, depth)) ?? 0,
          fours[i >> 2]!,
          i % 4,
          to.address + 4 * offsetAt(to, place),
        );
  };

  const singles = new Map([...plan.singles].map((input) => [input, values.chunks(input)[0]!] as const));
  level(siteIn(plan, fn, singles), 0, new Map([["", undefined]]), []);
}

/** The function with what repeats along all loops loaded. */
function siteIn(plan: NestPlan, fn: Site["fn"], singles: Site["singles"]): Site {
  const repeated = plan.reads.filter(({ loops }) => loops.every((stride) => stride === 0));
  const site = { fn, singles, hoisted: new Map() };
  return { ...site, hoisted: hoist(site, plan, new Map(), repeated) };
}

/** A position along the lane axis: a multiple of four times it, known at run time, and the rest. */
interface Place {
  readonly moving?: I32;
  readonly from: number;
  readonly count: number;
}

const rowKey = ({ loops }: Access, depth: number): string => loops.slice(0, depth).join();

const chunkAt = ({ fn }: Site, rows: Rows, { moving, from, count }: Place): Chunk => ({
  fn,
  rowOf: (access) => rows.get(rowKey(access, access.loops.length - 1)),
  lane: moving,
  from,
  count,
  offsets: new Map(),
});

/** The rows inside one more loop, which is at position i. */
function rowsInside({ fn }: Site, { reads, writes, exits }: NestPlan, rows: Rows, depth: number, i: I32): Rows {
  const inside = new Map<string, I32 | undefined>();
  for (const access of [...reads, ...writes.map(({ to }) => to), ...exits.flatMap(({ to }) => to ?? [])]) {
    const key = rowKey(access, depth + 1);
    if (inside.has(key)) continue;
    const base = rows.get(rowKey(access, depth));
    const step = i32.mul(i, 4 * access.loops[depth]!);
    inside.set(key, access.loops[depth] === 0 ? base : fn.let(base ? i32.add(base, step) : step));
  }
  return inside;
}

/** Loads values outside of the loops along which they repeat, as long as these are few. */
function hoist(site: Site, plan: NestPlan, rows: Rows, repeated: readonly Access[]): Loaded {
  const chunk = chunkAt(site, rows, { from: 0, count: 4 });
  const loaded: Loaded = new Map(site.hoisted);
  let count = [...loaded.values()].reduce((sum, { size }) => sum + size, 0);
  for (const access of repeated) {
    const positions = positionsOf(access, plan.nest);
    if (count + positions.length > mostHoisted) continue;
    count += positions.length;
    for (const at of positions) loadOnce(plan, chunk, loaded, access, at);
  }
  return loaded;
}

/** Terms that one iteration of the loop at a depth adds to accumulators around it. */
const termsWithin = (sizes: readonly number[], depth: number): number =>
  sizes
    .map((size, i) => (i === sizes.length - 1 ? Math.ceil(size / 4) : size))
    .slice(depth + 1)
    .reduceRight((inner, size) => termsOf(size, inner), 1);

/** Instructions for four lanes, roughly. */
function weightOfBody({ steps, loops, sizes }: Nest): number {
  const iterations = sizeOf(loops.map((loop) => sizes[loop]!));
  return steps.reduce(
    (sum, { equation, relation }) => sum + ((1 + weightOf(equation, relation)) * sizeOf(relation.sizes)) / iterations,
    0,
  );
}
