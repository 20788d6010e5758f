// A profile's parts in the user's terms: what they compute, for which line, and how near the machine's ceiling.
import type { Equation } from "../ir/program.js";
import { bandwidthFor, type Ceilings } from "../runtime/wasm/ceilings.js";
import { expFlops, flopsOf, totalFlops } from "../runtime/wasm/cost.js";
import type { PartKind } from "../runtime/wasm/lowering/probe.js";
import type { PartProfile, Profile } from "../runtime/wasm/profile.js";
import type { SiteReport } from "../transforms/estimate/estimate.js";
import { type Shape, sizeOf } from "../util/shapes.js";

/** One loop nest, kernel or group of small values of a compiled step. All figures are per step. */
export interface StepPart {
  readonly kind: PartKind;
  /** The primitives, the most expensive ones first, with their numbers: `exp`, `mul ×3`. */
  readonly operations: readonly string[];
  readonly equations: number;
  /** The user's lines that it comes from, the most expensive first. */
  readonly sources: readonly string[];
  /** The random choices on these lines. */
  readonly addresses: readonly string[];
  /** The largest result. */
  readonly shape: Shape;
  /** How often it is executed; 1/8 if it computes eight steps at once. */
  readonly executions: number;
  /** The part in whose loop or branch it stands. */
  readonly inside: number | undefined;
  readonly flops: number;
  /** Read and written. */
  readonly bytes: number;
  /** Without the parts inside it. */
  readonly microseconds: number;
  readonly uncertainty: number;
  /** GFLOP/s and GB/s; undefined where the clock is too coarse to tell. */
  readonly gigaflops: number | undefined;
  readonly gigabytes: number | undefined;
  /** Of the time of all parts. */
  readonly share: number;
  /** The time that the machine's ceilings allow, divided by the time it takes. */
  readonly ofCeiling: number | undefined;
  /** Which ceiling is the lower one. */
  readonly bound: "compute" | "memory";
}

/** All parts of a profile that were executed. Numbers in `inside` are positions in the result. */
export function stepParts({ parts }: Profile, ceilings: Ceilings, sites: readonly SiteReport[]): StepPart[] {
  const total = parts.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const shown = parts.filter(({ executions, part }) => executions > 0 || part.kind === "control");
  const positions = new Map(shown.map((each, position) => [parts.indexOf(each), position]));
  return shown.map((each) => {
    const { part, executions, microseconds, uncertainty, bytes } = each;
    const flops = totalFlops(each.flops);
    const isKnown = microseconds > uncertainty;
    const { compute, memory } = leastMicroseconds(each, ceilings);
    const sources = sourcesOf(part.equations);
    return {
      kind: part.kind,
      operations: operationsOf(part.equations),
      equations: part.equations.length,
      sources,
      addresses: [
        ...new Set(sites.flatMap(({ address, source }) => (sources.includes(source ?? "") ? [address] : []))),
      ],
      shape: largestShape(part.equations),
      executions,
      inside: part.inside === undefined ? undefined : positions.get(part.inside),
      flops,
      bytes,
      microseconds,
      uncertainty,
      gigaflops: isKnown ? flops / microseconds / 1000 : undefined,
      gigabytes: isKnown ? bytes / microseconds / 1000 : undefined,
      share: total > 0 ? microseconds / total : 0,
      ofCeiling: isKnown ? Math.max(compute, memory) / microseconds : undefined,
      bound: compute >= memory ? "compute" : "memory",
    };
  });
}

/** What the machine would take at its best: arithmetic by its three kinds, and bytes through the cache that holds them. */
function leastMicroseconds({ flops, bytes, executions }: PartProfile, ceilings: Ceilings) {
  const { matMul, multiplyAdd, exp } = ceilings;
  // products are multiply-adds: a measurement that was disturbed does not lower their ceiling
  const compute =
    flops.product / Math.max(matMul, multiplyAdd) + flops.function / (expFlops * exp) + flops.plain / multiplyAdd;
  const memory = bytes / bandwidthFor(ceilings, bytes / Math.max(1, executions));
  return { compute: compute / 1000, memory: memory / 1000 };
}

/** Keys by the sum of their weights, the heaviest first; equal ones in order of appearance. */
function heaviest(entries: readonly (readonly [string, number])[]): string[] {
  const weights = new Map<string, number>();
  for (const [key, weight] of entries) weights.set(key, (weights.get(key) ?? 0) + weight);
  return [...weights].sort(([, a], [, b]) => b - a).map(([key]) => key);
}

const weightOf = (equation: Equation): number => totalFlops(flopsOf(equation));

function operationsOf(equations: readonly Equation[]): string[] {
  const names = heaviest(equations.map((equation) => [equation.primitive.name, weightOf(equation)]));
  return names.map((name) => {
    const count = equations.filter(({ primitive }) => primitive.name === name).length;
    return count === 1 ? name : `${name} ×${count}`;
  });
}

const sourcesOf = (equations: readonly Equation[]): string[] =>
  heaviest(
    equations.flatMap((equation) =>
      equation.source?.line ? [[equation.source.line, weightOf(equation)] as const] : [],
    ),
  );

const largestShape = (equations: readonly Equation[]): Shape =>
  equations
    .flatMap(({ outputs }) => outputs.map(({ shape }) => shape))
    .reduce<Shape>((largest, shape) => (sizeOf(shape) >= sizeOf(largest) ? shape : largest), []);
