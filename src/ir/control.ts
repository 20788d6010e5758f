import type { Equation, Program } from "./program.js";

/**
 * Attributes of the `scan` primitive. Its inputs are [constants…, initial carry…, sequences…], its outputs
 * [final carry…, stacked results…]; the body maps [constants…, carry…, elements…] to [next carry…, results…].
 */
export interface ScanAttributes {
  readonly body: Program;
  /** How many of the inputs are the same at every step. */
  readonly constants: number;
  /** How many of the inputs are carried from step to step. */
  readonly carries: number;
  readonly length: number;
  /** Whether the sequences are walked from the last element to the first. */
  readonly reverse: boolean;
}

/** Attributes of the `cond` primitive. Its inputs are [predicate, operands…]; both branches map operands to the outputs. */
export interface CondAttributes {
  readonly whenTrue: Program;
  readonly whenFalse: Program;
}

const none: readonly Program[] = [];

/** Programs that stand inside an equation. */
export const innerPrograms = ({
  primitive,
  attributes,
}: Pick<Equation, "primitive" | "attributes">): readonly Program[] =>
  primitive.name === "scan"
    ? [attributes.body]
    : primitive.name === "cond"
      ? [attributes.whenTrue, attributes.whenFalse]
      : none;
