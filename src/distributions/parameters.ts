// Whether parameters satisfy what their family asks of them, as far as they are known.
import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Constraint, Family, Relation } from "../ir/site.js";
import { knownElements } from "../ir/tracing.js";
import { captureSource, type Source } from "../util/location.js";
import { broadcastShapes, forEachBroadcast, formatIndex, type Shape, sizeOf } from "../util/shapes.js";

interface Checkable {
  readonly family: Family;
  readonly parameters: readonly Tensor[];
}

/** Numbers that break a rule, and where they stand. */
export interface Offence {
  readonly index: string;
  /** By parameter. */
  readonly values: readonly string[];
}

/** What is told of a rule that is broken. */
export interface Violation {
  readonly family: string;
  readonly parameters: readonly string[];
  /** As it completes "must …". */
  readonly requirement: string;
  /** The first few. */
  readonly offences: readonly Offence[];
  /** How many places break the rule, and of how many. */
  readonly count: number;
  readonly total: number;
}

/** How many offending values a message shows. */
export const shownOffences = 4;

/** The error for a rule that is broken. */
export function parameterError(
  { family, parameters, requirement, offences, count, total }: Violation,
  at: { readonly address?: string | undefined; readonly source?: string | undefined },
  when = "",
): ElbowError {
  const received = offences.map(({ index, values }) => {
    const named = values.map((value, i) => (values.length > 1 ? `${parameters[i]} = ${value}` : value)).join(", ");
    return index ? `${named} at ${index}` : named;
  });
  const rest = count > offences.length ? ", …" : "";
  const share = total > 1 ? `\n  ${count} of ${total} do not satisfy this` : "";
  return new ElbowError("parameter", {
    message: `${family}: ${parameters.join(" and ")} must ${requirement}${when}\n  received: ${received.join("; ")}${rest}${share}`,
    hint: "Unconstrained numbers become parameters by a transform: softplus or exp for positive ones, sigmoid for probabilities, softmax for a simplex.",
    at,
  });
}

/** A number as a message shows it. */
export const formatNumber = (x: number): string => String(Number.parseFloat(x.toPrecision(6)));

/** The elements of one event as a message shows them. */
export const formatEvent = (event: ArrayLike<number>): string =>
  event.length === 1
    ? formatNumber(event[0]!)
    : `[${Array.from(event).slice(0, 9).map(formatNumber).join(", ")}${event.length > 9 ? ", …" : ""}]`;

let running = 0;

/**
 * Runs a part of a user's program. Distributions made in it are not checked at once but where they are used, where the address
 * is known.
 */
export function inProgram<R>(body: () => R): R {
  running++;
  try {
    return body();
  } finally {
    running--;
  }
}

/** Checks a new distribution, unless the program that makes it will use it at an address. */
export function checkNew(distribution: Checkable): void {
  if (running === 0) checkParameters(distribution);
}

/** Checks a distribution that is used without an address, unless that was done when it was made. */
export function checkUsed(distribution: Checkable): void {
  if (running > 0) checkParameters(distribution);
}

/**
 * Checks the parameters that are known: numbers, constants, tensors that are not traced.
 *
 * @throws ElbowError "parameter" with the distribution, the parameter, the first offending values and the place
 */
export function checkParameters(distribution: Checkable, address?: string, source?: Source): void {
  const violation = violationOf(distribution);
  if (violation) throw parameterError(violation, { address, source: (source ?? captureSource()).line });
}

/** The first rule that known parameters break. */
function violationOf({ family, parameters }: Checkable): Violation | undefined {
  const { name, parameterNames, constraints = [], relations = [] } = family;
  for (const [i, constraint] of constraints.entries()) {
    const elements = constraint && parameters[i] && knownElements(parameters[i]);
    const broken = elements && brokenConstraint(constraint, elements, parameters[i]!.shape);
    if (broken)
      return { family: name, parameters: [parameterNames[i]!], requirement: `be ${constraint.name}`, ...broken };
  }
  for (const relation of relations) {
    const related = relation.parameters.map((i) => parameters[i]!);
    const elements = related.map(knownElements);
    if (!elements.every((each) => each !== undefined)) continue;
    const broken = brokenRelation(
      relation,
      elements,
      related.map(({ shape }) => shape),
    );
    const names = relation.parameters.map((i) => parameterNames[i]!);
    if (broken) return { family: name, parameters: names, requirement: `satisfy ${relation.name}`, ...broken };
  }
  return undefined;
}

type Broken = Pick<Violation, "offences" | "count" | "total">;

function brokenConstraint(
  { eventRank, accepts }: Constraint,
  elements: ArrayLike<number>,
  shape: Shape,
): Broken | undefined {
  const [batch, event] = [shape.slice(0, shape.length - eventRank), shape.slice(shape.length - eventRank)];
  const [size, total] = [sizeOf(event), sizeOf(batch)];
  const buffer = new Float64Array(size);
  const offences: Offence[] = [];
  let count = 0;
  for (let at = 0; at < total; at++) {
    for (let k = 0; k < size; k++) buffer[k] = elements[at * size + k]!;
    if (accepts(buffer, event)) continue;
    if (count++ < shownOffences) offences.push({ index: formatIndex(at, batch), values: [formatEvent(buffer)] });
  }
  return count > 0 ? { offences, count, total } : undefined;
}

function brokenRelation(
  { accepts }: Relation,
  elements: readonly ArrayLike<number>[],
  shapes: readonly Shape[],
): Broken | undefined {
  const batch = broadcastShapes(...shapes);
  if (!batch) return undefined;
  const offences: Offence[] = [];
  let count = 0;
  forEachBroadcast(batch, shapes, (at, from) => {
    const values = elements.map((each, k) => each[from[k]!]!);
    if (accepts(...values)) return;
    if (count++ < shownOffences) offences.push({ index: formatIndex(at, batch), values: values.map(formatNumber) });
  });
  return count > 0 ? { offences, count, total: sizeOf(batch) } : undefined;
}
