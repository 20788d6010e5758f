// Whether data can come from a distribution at all: a value outside the support has density 0 whatever the parameters are.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as constraints from "../distributions/constraints.js";
import type { Distribution } from "../distributions/distribution.js";
import { formatEvent, shownOffences } from "../distributions/parameters.js";
import { ElbowError } from "../errors.js";
import type { Constraint } from "../ir/site.js";
import { knownElements } from "../ir/tracing.js";
import type { Source } from "../util/location.js";
import { formatIndex, sizeOf } from "../util/shapes.js";

const boolean: Pick<Constraint, "name" | "eventRank" | "accepts"> = {
  name: "0 or 1",
  eventRank: 0,
  accepts: (event) => event[0] === 0 || event[0] === 1,
};

/** What values of a support are, whatever the parameters; the edges are the density's matter. */
const rules: Readonly<Record<string, Pick<Constraint, "name" | "eventRank" | "accepts">>> = {
  real: constraints.real,
  positive: constraints.nonNegative,
  nonNegative: constraints.nonNegative,
  unitInterval: constraints.probability,
  boolean,
  nonNegativeInteger: constraints.count,
  categoryIndex: constraints.count,
  simplex: constraints.simplex,
  sphere: constraints.unitVector,
};

/** Families that let a value be anything where it does not count. */
const isTolerant = (name: string): boolean => /^(masked|scaled|censored)/.test(name);

/** Tensors that a row of others stands for, in the recording of a plate. */
const wholes = new WeakMap<Tensor, Tensor>();

/** Notes that a tensor is one row of another, whichever. */
export const noteRow = (row: Tensor, whole: Tensor): void => {
  wholes.set(row, whole);
};

/** Data whose values are not known while a program is recorded. */
export interface UnknownObserved {
  readonly value: Tensor;
  /** Whether any finite number will do. */
  readonly isReal: boolean;
  /** @throws ElbowError "observed-value" */
  readonly check: (elements: ArrayLike<number>) => void;
}

let unknown: UnknownObserved[] | undefined;

/** Runs a body, and collects the observations in it whose values are not known. */
export function collectingObserved<R>(body: () => R): {
  readonly result: R;
  readonly observed: readonly UnknownObserved[];
} {
  const outer = unknown;
  const own: UnknownObserved[] = [];
  unknown = own;
  try {
    return { result: body(), observed: own };
  } finally {
    unknown = outer;
  }
}

/** @throws ElbowError "observed-value" for known values that the distribution cannot have, with the first of them */
export function checkObserved(
  address: string,
  { family, parameters, event }: Distribution<Tensor, never>,
  given: Tensor,
  source: Source,
): void {
  let value = given;
  for (let whole = wholes.get(value); whole; whole = wholes.get(value)) value = whole;
  const rule = rules[family.support];
  if (!rule || rule.eventRank > event.length || isTolerant(family.name)) return;
  const check = (elements: ArrayLike<number>): void => {
    const offence = firstOffence(rule, elements, shape) ?? beyondCategories(elements);
    if (offence) refuse(offence);
  };
  const { shape } = value;
  const elements = knownElements(value);
  if (elements) check(elements);
  else unknown?.push({ value, isReal: family.support === "real", check });

  function refuse(offence: Offence): never {
    throw new ElbowError("observed-value", {
      message: `the value observed at "${address}" cannot come from ${family.name}\n  expected: ${offence.expected}\n  received: ${offence.received}`,
      hint: hintFor(family.support),
      at: { address, source: source.line },
    });
  }

  /** Indices of categories that there are not. */
  function beyondCategories(elements: ArrayLike<number>): Offence | undefined {
    const most = event.length > 0 ? undefined : family.supportValues?.(parameters.map(({ shape }) => shape)).at(-1);
    if (most === undefined || family.supportParameters || family.support !== "categoryIndex") return undefined;
    const allowed = {
      name: `a category from 0 to ${most}`,
      eventRank: 0,
      accepts: (event: ArrayLike<number>) => event[0]! <= most,
    };
    return firstOffence(allowed as typeof boolean, elements, shape);
  }
}

/** @throws ElbowError "observed-value" for a known log weight that is NaN or +∞ */
export function checkWeight(address: string, logWeight: Tensor, source: Source): void {
  const elements = knownElements(logWeight);
  const bad = elements && Array.from(elements).find((x) => Number.isNaN(x) || x === Number.POSITIVE_INFINITY);
  if (bad === undefined) return;
  throw new ElbowError("observed-value", {
    message: `the log weight of factor("${address}") must be a number below infinity\n  received: ${bad}`,
    hint: "−∞ stands for what is impossible; look for 0/0 and log of negative numbers.",
    at: { address, source: source.line },
  });
}

interface Offence {
  readonly expected: string;
  readonly received: string;
}

function firstOffence(
  { name, eventRank, accepts }: typeof boolean,
  elements: ArrayLike<number>,
  shape: readonly number[],
): Offence | undefined {
  const batch = shape.slice(0, shape.length - eventRank);
  const inner = shape.slice(shape.length - eventRank);
  const size = sizeOf(inner);
  const found: string[] = [];
  let count = 0;
  const buffer = new Float64Array(size);
  for (let at = 0; at < sizeOf(batch); at++) {
    for (let k = 0; k < size; k++) buffer[k] = elements[at * size + k]!;
    if (accepts(buffer, inner)) continue;
    const index = formatIndex(at, batch);
    if (count++ < shownOffences) found.push(`${formatEvent(buffer)}${index ? ` at ${index}` : ""}`);
  }
  if (count === 0) return undefined;
  const total = sizeOf(batch);
  const share = total > 1 ? `\n  ${count} of ${total} are not` : "";
  return { expected: name, received: `${found.join("; ")}${count > found.length ? ", …" : ""}${share}` };
}

const hintFor = (support: string): string =>
  support === "real"
    ? "Remove or impute missing values, or leave them out with masked(distribution, mask)."
    : "Choose a distribution with the support of the data, or look for errors in the data.";
