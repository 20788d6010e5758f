// Gives every value its place in a few large buffers; values that are not needed at the same time share it.
import { ElbowError } from "../../../errors.js";
import type { Variable } from "../../../ir/program.js";
import { formatBytes } from "../../../util/formatBytes.js";
import { sizeOf } from "../../../util/shapes.js";
import type { Position } from "../emit/places.js";
import type { Item } from "./items.js";
import type { Loop, Planned, Unit } from "./units.js";

/** When something is needed, by the numbers of items. */
interface Span {
  from: number;
  to: number;
}

export interface Memory {
  readonly positions: Map<Variable, Position>;
  /** The sizes in words of the buffers that values share. */
  readonly words: readonly number[];
  /** The inputs with buffers of their own, which come after those. */
  readonly ownInputs: readonly Variable[];
}

export interface MemoryLimits {
  /** Of one buffer. */
  readonly words: number;
  readonly buffers: number;
}

const alignment = 4;

/**
 * As many inputs as there are buffers for get one of their own, which may be the buffer of a tensor.
 *
 * @param inputs - those that may, the most important ones first
 * @throws ElbowError `memory` if the buffers that the device offers do not hold it
 */
export function placeValues(
  planned: Planned,
  items: readonly Item[],
  permanent: ReadonlySet<Variable>,
  inputs: readonly Variable[],
  limits: MemoryLimits,
): Memory {
  const spans = [...spansOf(planned, items, permanent)].sort(([, a], [, b]) => a.from - b.from);
  const fitting = inputs.filter(({ shape }) => sizeOf(shape) <= limits.words);
  for (let count = Math.min(fitting.length, limits.buffers - 1); count >= 0; count--) {
    const ownInputs = fitting.slice(0, count);
    const shared = spans.filter(([value]) => !ownInputs.includes(value));
    const placed = shareBuffers(shared, { ...limits, buffers: limits.buffers - count });
    if (!placed) continue;
    for (const [i, value] of ownInputs.entries())
      placed.positions.set(value, { buffer: placed.words.length + i, word: 0 });
    return { ...placed, ownInputs };
  }
  const sizes = spans.map(([{ shape }]) => 4 * sizeOf(shape));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  throw new ElbowError("memory", {
    message: `the program does not fit into the GPU's buffers\n  needed:  up to ${formatBytes(total)}, the largest value ${formatBytes(largest)}\n  offered: ${limits.buffers} buffers of ${formatBytes(4 * limits.words)}`,
    hint: "Use smaller batches or fewer particles, or the engine wasm.",
  });
}

/** Undefined if the values do not fit. */
function shareBuffers(
  spans: readonly (readonly [Variable, Span])[],
  limits: MemoryLimits,
): Omit<Memory, "ownInputs"> | undefined {
  const positions = new Map<Variable, Position>();
  const words: number[] = [];
  const live: { position: Position; size: number; to: number }[] = [];
  for (const [value, { from, to }] of spans) {
    for (let i = live.length - 1; i >= 0; i--) if (live[i]!.to < from) live.splice(i, 1);
    const size = Math.ceil(sizeOf(value.shape) / alignment) * alignment;
    const position = findPlace(live, size, words, limits.words);
    words[position.buffer] = Math.max(words[position.buffer] ?? 0, position.word + size);
    if (size > limits.words || words.length > limits.buffers) return undefined;
    positions.set(value, position);
    live.push({ position, size, to });
  }
  return { positions, words };
}

function findPlace(
  live: readonly { position: Position; size: number }[],
  size: number,
  words: readonly number[],
  limit: number,
): Position {
  for (let buffer = 0; ; buffer++) {
    const taken = live
      .filter(({ position }) => position.buffer === buffer)
      .map(({ position: { word }, size: length }) => ({ word, end: word + length }))
      .sort((a, b) => a.word - b.word);
    let word = 0;
    for (const each of taken) {
      if (each.word - word >= size) break;
      word = Math.max(word, each.end);
    }
    if (word + size <= limit || buffer >= words.length) return { buffer, word: word + size <= limit ? word : 0 };
  }
}

/** From when to when the values that have memory of their own are needed. */
function spansOf(
  { parts, homes }: Planned,
  items: readonly Item[],
  permanent: ReadonlySet<Variable>,
): Map<Variable, Span> {
  const spans = new Map<Variable, Span>();
  for (const value of permanent) spans.set(value, { from: -1, to: Number.POSITIVE_INFINITY });
  let time = 0;
  /** The loops around the current item, with their times; those whose end is not known yet are extended later. */
  const around: { loop: Loop; from: number; touched: Span[] }[] = [];
  const touch = (value: Variable): void => {
    let own = value;
    for (let part = parts.get(own); part; part = parts.get(own)) own = part.of;
    if (sizeOf(own.shape) === 0) return;
    const home = homes.get(own) ?? [];
    const outer = around.find(({ loop }) => !home.includes(loop));
    const from = outer ? outer.from : time;
    const span = spans.get(own) ?? { from, to: time };
    span.from = Math.min(span.from, from);
    span.to = Math.max(span.to, time);
    spans.set(own, span);
    outer?.touched.push(span);
  };
  const touchUnit = (unit: Unit): void => {
    for (const each of [...unit.reads, ...unit.writes]) touch(each);
    unit.inner?.levels.flat().forEach(touchUnit);
  };
  const visit = (item: Item): void => {
    time++;
    if (item.kind === "dispatch") item.levels.flat().forEach(touchUnit);
    else if (item.kind === "host") touchUnit(item.unit);
    else {
      const entry = { loop: item.loop, from: time, touched: [] as Span[] };
      around.push(entry);
      item.items.forEach(visit);
      around.pop();
      time++;
      for (const span of entry.touched) span.to = Math.max(span.to, time);
    }
  };
  items.forEach(visit);
  return spans;
}
