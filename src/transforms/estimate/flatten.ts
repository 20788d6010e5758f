import { ElbowError } from "../../errors.js";
import { build, builder } from "../../ir/builder.js";
import { type CondAttributes, innerPrograms, type ScanAttributes } from "../../ir/control.js";
import { interpret, restateConstant } from "../../ir/interpret.js";
import { reshape } from "../../ir/primitives/axes.js";
import { select } from "../../ir/primitives/comparison.js";
import { stack } from "../../ir/primitives/joining.js";
import { leaf } from "../../ir/primitives/leaf.js";
import { slice } from "../../ir/primitives/slicing.js";
import type { Equation, Program, Variable } from "../../ir/program.js";
import { isSample, type SampleAttributes, sampleAttributes } from "../../ir/site.js";
import { range } from "../../util/shapes.js";
import { replaceSites } from "../forward.js";
import { single } from "../lanes.js";
import { buildSimple } from "../simplify.js";
import { drawInPlace } from "./draw.js";
import { keepLoop } from "./keptLoop.js";

/** Loops whose sites need more than a pathwise derivative are unrolled up to this many steps. */
const unrollingLimit = 512;

/** Whether random choices stand in a program, at any depth. */
export const hasSites = (program: Program): boolean =>
  program.equations.some((equation) => isSample(equation) || hasInnerSites(equation));
const hasInnerSites = (equation: Equation): boolean => innerPrograms(equation).some(hasSites);

/** All random choices of a program, at any depth, in order. */
export const sitesOf = (program: Program): Equation[] =>
  program.equations.flatMap((equation) => (isSample(equation) ? [equation] : innerPrograms(equation).flatMap(sitesOf)));

/** All loops of a program, at any depth. */
const loopsOf = (program: Program): Equation[] =>
  program.equations.flatMap((equation) => [
    ...(equation.primitive.name === "scan" ? [equation] : []),
    ...innerPrograms(equation).flatMap(loopsOf),
  ]);

/** Whether costs are marked in a program, at any depth. */
const hasMarks = (program: Program): boolean =>
  program.equations.some((equation) => equation.primitive === leaf.primitive || innerPrograms(equation).some(hasMarks));

/** What may be done with the sites inside loops. Where nothing is said of them, loops are unrolled. */
export interface FlattenOptions {
  /** The attributes that a site carries on. */
  readonly resolve: (site: Equation) => SampleAttributes;
  /** Whether a site is estimated by the pathwise derivative, so that it may stay inside a loop. */
  readonly staysInLoop?: (site: Equation) => boolean;
  /** Whether one contraction may serve a site at all steps of a loop. */
  readonly isAdditive?: (site: Equation) => boolean;
  /** Told of every pathwise site that is drawn inside a loop. */
  readonly report?: (site: Equation) => void;
}

/**
 * Brings all random choices to the top level, where the estimator can see what depends on them: branches that hold some
 * are both executed and selected from; loops are unrolled, unless all their sites are pathwise, which just move inside,
 * or additive, which one equation behind the loop stands for. The order of execution and the keys stay the same, so the
 * draws do. The result is simplified.
 *
 * @throws ElbowError "loop-too-long" for a loop that would have to be unrolled and is too long for it
 */
export function flatten(
  program: Program,
  { resolve, staysInLoop = () => false, isAdditive = () => false, report = () => undefined }: FlattenOptions,
): Program {
  const drawnInLoops: Equation[] = [];
  const walk = (inner: Program, inputs: readonly Variable[], label: string): Variable[] =>
    interpret<Variable>(inner, inputs, restateConstant, (equation, operands) => {
      if (isSample(equation)) return emitSite(equation, operands, label);
      if (!hasInnerSites(equation)) return builder().emit(equation.primitive, operands, equation.attributes);
      if (equation.primitive.name === "cond") return both(equation.attributes as CondAttributes, operands, label);
      const scan = equation.attributes as ScanAttributes;
      return sitesOf(scan.body).every(staysInLoop)
        ? inPlace(equation, operands)
        : (kept(scan, operands, label) ?? unrolled(equation, operands, label));
    }).outputs;

  const emitSite = (equation: Equation, operands: Variable[], label: string): Variable[] => {
    const attributes = resolve(equation);
    return builder().emit(equation.primitive, operands, { ...attributes, address: `${attributes.address}${label}` });
  };

  const both = (
    { whenTrue, whenFalse }: CondAttributes,
    [predicate, ...operands]: Variable[],
    label: string,
  ): Variable[] => {
    const otherwise = walk(whenFalse, operands, label);
    return walk(whenTrue, operands, label).map((output, i) => select(reshape(predicate!, []), output, otherwise[i]!));
  };

  const inPlace = ({ primitive, attributes }: Equation, operands: readonly Variable[]): Variable[] => {
    const body = replaceSites(attributes.body, (site, inputs) => {
      drawnInLoops.push(site);
      return drawInPlace(resolve(site), inputs.map(single)).variable;
    });
    return builder().emit(primitive, operands, { ...attributes, body });
  };

  const kept = (scan: ScanAttributes, operands: readonly Variable[], label: string): Variable[] | undefined => {
    // what a cost is marked for concerns one step, which must be seen on its own
    if (scan.length <= unrollingLimit && hasMarks(scan.body)) return undefined;
    const isKept = (site: Equation) => staysInLoop(site) || isAdditive(site);
    const inner = loopsOf(scan.body).flatMap(({ attributes }) => sitesOf(attributes.body));
    if (!sitesOf(scan.body).every(isKept) || !inner.every(staysInLoop)) return undefined;
    const before = drawnInLoops.length;
    const body = build(scan.body.inputs, (...inputs) => walk(scan.body, inputs, label));
    const results = keepLoop({ ...scan, body }, operands);
    if (!results) drawnInLoops.length = before;
    else drawnInLoops.push(...body.equations.filter((each) => isSample(each) && staysInLoop(each)));
    return results;
  };

  const unrolled = ({ attributes, source }: Equation, operands: readonly Variable[], label: string): Variable[] => {
    const { body, constants, carries, length, reverse } = attributes as ScanAttributes;
    if (length > unrollingLimit)
      throw new ElbowError("loop-too-long", {
        message: `a loop of ${length} steps holds random choices that are not pathwise (${sitesOf(body)
          .filter((site) => !staysInLoop(site))
          .map((site) => `"${sampleAttributes(site).address}"`)
          .join(", ")}); such loops are unrolled up to ${unrollingLimit} steps`,
        hint: "Use reparam or reinforce where the distribution allows it, or a shorter loop.",
        at: { source: source?.line },
      });
    let carry = operands.slice(constants, constants + carries);
    const results: Variable[][] = [];
    for (const t of reverse ? range(length).toReversed() : range(length)) {
      const elements = operands.slice(constants + carries).map((sequence) => {
        const own = sequence.shape.slice(1);
        return reshape(slice(sequence, [t, ...own.map(() => 0)], [1, ...own]), own);
      });
      const outputs = walk(body, [...operands.slice(0, constants), ...carry, ...elements], `${label}[${t}]`);
      carry = outputs.slice(0, carries);
      results[t] = outputs.slice(carries);
    }
    return [
      ...carry,
      ...body.outputs.slice(carries).map((_, i) =>
        stack(
          results.map((result) => result[i]!),
          0,
        ),
      ),
    ];
  };

  const flat = buildSimple(program.inputs, (...inputs) => walk(program, inputs, ""));
  for (const site of drawnInLoops) report(site);
  return flat;
}
