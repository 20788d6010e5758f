import { broken } from "../../../errors.js";
import type { Variable } from "../../../ir/program.js";
import type { Loop, Parts, Term } from "../plan/units.js";
import { sum, times } from "./indices.js";

/** Where a value of its own memory stands: in which buffer, and from which word on. */
export interface Position {
  readonly buffer: number;
  readonly word: number;
}

export type Positions = ReadonlyMap<Variable, Position>;

/** Where values stand, as source and as numbers. */
export class Places {
  constructor(
    private readonly positions: Positions,
    private readonly parts: Parts,
  ) {}

  /** The value that the memory belongs to, and the way from there. */
  private resolve(value: Variable): { position: Position; terms: readonly Term[] } {
    const terms: Term[] = [];
    let at = value;
    for (let part = this.parts.get(at); part; part = this.parts.get(at)) {
      terms.push(...part.terms);
      at = part.of;
    }
    return { position: this.positions.get(at) ?? broken(`variable ${value.id} has no place`), terms };
  }

  /** The word of an element. */
  word(value: Variable, flat: string): string {
    const { position, terms } = this.resolve(value);
    const offset = terms.reduce(
      (all, term) => sum(all, times(stepOf(term), term.stride)),
      sum(flat, `${position.word}u`),
    );
    return `m${position.buffer}[${offset}]`;
  }

  /** Where the value begins, given the numbers of the steps of all loops around it. */
  position(value: Variable, stepOfLoop: (loop: Loop) => number): Position {
    const { position, terms } = this.resolve(value);
    const offset = terms.reduce((all, term) => all + numberOf(term, stepOfLoop(term.loop)) * term.stride, 0);
    return { ...position, word: position.word + offset };
  }
}

function stepOf({ loop: { index, length, reverse }, kind }: Term): string {
  if (kind === "this half") return `(${index} & 1u)`;
  if (kind === "other half") return `((${index} + 1u) & 1u)`;
  return reverse ? `(${length - 1}u - ${index})` : index;
}

function numberOf({ loop, kind }: Term, step: number): number {
  if (kind === "this half") return step & 1;
  if (kind === "other half") return (step + 1) & 1;
  return loop.reverse ? loop.length - 1 - step : step;
}
