// Compares the estimates of a random program with its exact value and derivatives.
import fc from "fast-check";
import { ElbowError } from "../../src/errors.js";
import { estimateMoments, type Moments } from "../support/estimates.js";
import {
  exactGradient,
  exactHessianProduct,
  expectation,
  type Precision,
  roughGradient,
  theta0,
  withoutUnused,
} from "./exactProgram.js";
import { textOf } from "./programText.js";
import { type Block, type Node, type RandomProgram, randomProgram } from "./randomPrograms.js";
import { type Sabotage, thetaTensors, toObjective } from "./runProgram.js";

export interface Verdict {
  readonly kind: "agrees" | "refused" | "differs";
  readonly detail: string;
}

export interface CheckOptions {
  readonly draws: number;
  readonly seed: number;
  /** Also the product of the Hessian with a vector, where every strategy allows it. */
  readonly second?: boolean;
  readonly sabotage?: Sabotage;
  /** Leaves the last confirmation out. */
  readonly isHasty?: boolean;
}

/**
 * A deviation of so many standard errors is looked at again with ten times as many draws under another seed, and counted if
 * it is then beyond the second bound, and again with eighty times as many: a program that is estimated rightly passes all
 * three with a probability below 1e-12, so that 2000 programs of four results raise a false alarm less than once in a
 * hundred million suites (heavy tails make it more, by far less than up to 1e-3).
 */
const stages = [
  { factor: 1, bound: 3.5 },
  { factor: 10, bound: 5 },
  { factor: 80, bound: 5 },
];

/** Deviation of a mean from the truth in standard errors; without variance it must be the truth to rounding. */
function deviation({ mean, error }: Moments, truth: number): number {
  const scale = Math.max(1, Math.abs(truth));
  if (!Number.isFinite(mean)) return Number.POSITIVE_INFINITY;
  if (Math.abs(mean - truth) < 1e-8 * scale) return 0;
  return error < 1e-9 * scale ? Number.POSITIVE_INFINITY : Math.abs(mean - truth) / error;
}

const direction = [0.5, -1, 1];

const sitesOf = ({ nodes }: Block): Extract<Node, { kind: "site" }>[] =>
  nodes.flatMap((node) => {
    if (node.kind === "site") return [node];
    if (node.kind === "cond") return node.branches.flatMap(sitesOf);
    return node.kind === "scan" ? sitesOf(node.body) : [];
  });
const hasNormals = ({ body }: RandomProgram): boolean => sitesOf(body).some(({ family }) => family === "normal");
const hasQuadrature = ({ body }: RandomProgram): boolean =>
  sitesOf(body).some(({ strategy }) => strategy === "quadrature");

export function checkProgram(
  program: RandomProgram,
  { draws, seed, second = false, sabotage, isHasty = false }: CheckOptions,
): Verdict {
  const small = withoutUnused(program);
  const objective = toObjective(program, sabotage);
  const theta = thetaTensors(theta0);
  const moments = (factor: number, derived: "gradient" | "hvp"): Moments[] =>
    estimateMoments(
      objective,
      theta,
      [],
      { draws: draws * factor, chunk: draws, seed: 100 * seed + factor, derived },
      derived === "hvp" ? Object.values(thetaTensors(direction)) : [],
    ).flat();
  const compare = (
    derived: "gradient" | "hvp",
    truthAt: (isFine: boolean, precision: Precision) => readonly number[],
  ): Verdict | undefined => {
    let found: Moments[] = [];
    let truth: readonly number[] = [];
    for (const { factor, bound } of isHasty ? stages.slice(0, 2) : stages) {
      found = moments(factor, derived);
      // what has no variance is compared to rounding
      truth = truthAt(factor > 1 || found.some(({ error }) => error < 1e-6), "usual");
      if (found.every((each, i) => deviation(each, truth[i]!) <= bound)) return undefined;
      if (!hasNormals(small)) continue;
      const finer = truthAt(true, "fine");
      if (found.every((each, i) => deviation(each, finer[i]!) <= bound)) return undefined;
      // what is integrated with the usual nodes cannot be compared with more
      if (hasQuadrature(small) && finer.some((each, i) => Math.abs(each - truth[i]!) > 1e-6))
        return { kind: "refused", detail: "unresolved: the cost is too steep in normals" };
      truth = finer;
    }
    const lines = found.map(
      ({ mean, error }, i) => `${mean.toPrecision(8)} ± ${error.toPrecision(2)}, exactly ${truth[i]!.toPrecision(8)}`,
    );
    return { kind: "differs", detail: `${derived}, ${found[0]!.draws} draws\n  ${lines.join("\n  ")}` };
  };
  try {
    const wrong = compare("gradient", (isFine, precision) => [
      expectation(small, theta0, precision),
      ...(isFine ? exactGradient(small, 1e-5, precision) : roughGradient(small)),
    ]);
    if (wrong) return wrong;
    if (second && program.isAnyOrder)
      return (
        compare("hvp", (_, precision) => exactHessianProduct(small, direction, 3e-3, precision)) ?? {
          kind: "agrees",
          detail: "",
        }
      );
    return { kind: "agrees", detail: "" };
  } catch (error) {
    if (error instanceof ElbowError && error.code !== "internal")
      return { kind: "refused", detail: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** What came of many programs. */
export interface Tally {
  agrees: number;
  refused: number;
  differs: number;
}

/** Numbers that a program is built from; shrinking makes them small, and small numbers stand for the simplest choices. */
export const programNumbers: fc.Arbitrary<number[]> = fc.noBias(
  fc.array(fc.nat(65_535), { minLength: 160, maxLength: 160 }),
);

/** Checks random programs; the first one that differs is shrunk, and the error shows its text. */
export function checkRandomPrograms(numRuns: number, seed: number, options: Omit<CheckOptions, "seed">): Tally {
  const tally: Tally = { agrees: 0, refused: 0, differs: 0 };
  let differing = "";
  fc.assert(
    fc.property(programNumbers, (numbers) => {
      const program = randomProgram(numbers);
      const { kind, detail } = checkProgram(program, { ...options, seed });
      tally[kind]++;
      if (kind !== "differs") return true;
      differing = `${detail}\n${textOf(program)}`;
      return false;
    }),
    {
      numRuns,
      seed,
      interruptAfterTimeLimit: 500_000,
      reporter: (run) => {
        if (run.failed)
          throw new Error(
            `random program ${run.numRuns}, fast-check seed ${run.seed}\n${differing || fc.defaultReportMessage(run)}`,
          );
      },
    },
  );
  return tally;
}
