// What a run of a program leaves behind.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { checkArray, checkText } from "../util/expected.js";
import type { Source } from "../util/location.js";
import type { Call } from "./call.js";
import { addressesOf, at, type Choices, isTensor, type Present, unknownAddress } from "./choices.js";
import type { Outcome } from "./meaning.js";

const outcomes = Symbol("outcome");

/**
 * A run of a program: immutable. Verbs make new traces of it.
 *
 * @typeParam C - the choices
 * @typeParam R - what the program returns
 * @typeParam A - the program's arguments
 * @typeParam O - addresses of the program's observations and factors
 */
export interface Trace<C = unknown, R = unknown, A extends readonly unknown[] = readonly unknown[], O = unknown> {
  readonly choices: C;
  readonly returnValue: R;
  /** log p(choices, observations) + factors at these choices, a scalar. */
  readonly logDensity: Tensor;
  /** The part of every address of choices; one per step or row in loops and plates. */
  readonly logDensities: Choices;
  /** The part of every address of observations and factors. */
  readonly logObserved: Choices;
  readonly args: A;
  readonly call: Call<C, R, A, O>;
  /** What verbs need to start from it. */
  readonly [outcomes]: Outcome;
}

/** The trace of what a program did. */
export function traceOf<C, R, A extends readonly unknown[], O>(
  call: Call<C, R, A, O>,
  outcome: Outcome,
): Trace<C, R, A, O> {
  const { choices, logDensities, logObserved, logDrawn, logGiven, result } = outcome;
  return Object.freeze({
    choices: choices as C,
    returnValue: result as R,
    logDensity: tf.add(logDrawn, logGiven),
    logDensities,
    logObserved,
    args: call.args as A,
    call,
    [outcomes]: outcome,
  });
}

/** @throws ElbowError "trace" for an object that no verb has made */
export function outcomeOf(trace: Trace): Outcome {
  const outcome = (trace as Trace | null | undefined)?.[outcomes] as Outcome | undefined;
  if (outcome) return outcome;
  throw new ElbowError("trace", {
    message: "this is not a trace, or a copy of its public part",
    hint: "Pass on the trace itself that simulate, generate, update or regenerate gave.",
  });
}

/** The sum of all tensors of a structure, a scalar. */
export const totalOf = (records: Choices): Tensor =>
  sumOf(addressesOf(records).map((address) => at(records, address) as Tensor));

/** The sum of the elements of tensors. */
export const sumOf = (terms: readonly Tensor[]): Tensor =>
  terms.reduce((sum, term) => tf.add(sum, tf.sum(term)), tf.scalar(0));

/** An address in a selection: one of a choice, of an observation, or of a program with all that is in it. */
export type AddressesOf<C, O = never> = string extends keyof C
  ? string
  :
      | {
          [K in keyof C & string]-?: Present<C[K]> extends Tensor ? K : K | `${K}/${AddressesOf<Present<C[K]>>}`;
        }[keyof C & string]
      | Extract<O, string>;

/** @throws ElbowError "argument" unless these are addresses, in an array */
export function checkAddresses(where: string, selection: unknown): void {
  const hint = `Write ${where}(trace, ["x"]).`;
  checkArray(where, "the selection", selection, hint);
  for (const address of selection as readonly unknown[]) checkText(where, "an address of the selection", address, hint);
}

/** @throws ElbowError "unknown-address" for a selected address that is nowhere in these structures */
export function checkSelection(
  records: readonly Choices[],
  selection: readonly string[],
  program: string,
  source: Source,
): void {
  for (const address of selection)
    if (records.every((each) => at(each, address) === undefined))
      throw unknownAddress(
        address,
        records.flatMap((each) => addressesOf(each)),
        `the program ${program}`,
        source.line,
      );
}

/** Whether an address is selected, or a program around it is. */
export const isSelected = (selection: readonly string[], address: string): boolean =>
  selection.some((selected) => address === selected || address.startsWith(`${selected}/`));

/** The part of a structure that is selected. */
export const selectedIn = (records: Choices, selection: readonly string[]): string[] =>
  addressesOf(records).filter((address) => isSelected(selection, address));

/** A structure without what is selected. What is not touched stays the same object. */
export function unselected(records: Choices, selection: readonly string[], prefix = ""): Choices {
  let isChanged = false;
  const kept = Object.entries(records).flatMap(([name, value]): [string, Tensor | Choices][] => {
    const address = `${prefix}${name}`;
    const rest = selection.includes(address)
      ? undefined
      : isTensor(value)
        ? value
        : unselected(value, selection, `${address}/`);
    if (rest !== value) isChanged = true;
    return rest === undefined ? [] : [[name, rest]];
  });
  return isChanged ? Object.fromEntries(kept) : records;
}
