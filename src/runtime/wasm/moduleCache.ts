import { innerPrograms } from "../../ir/control.js";
import type { Attributes, Equation, Program } from "../../ir/program.js";
import { type Structure, sameStructure, structureOf } from "../../ir/structure.js";

/** How many modules are kept, the last used ones. */
const mostModules = 64;

/** Programs that hold more constant elements are not kept: a data set of the user's would be kept with them. */
const mostElements = 2 ** 20;

/** A program that something was made of. */
interface Entry<T> {
  readonly program: Program;
  readonly variant: string;
  readonly value: T;
  /** Of the program, as soon as another one looks like it. */
  structure?: Structure;
}

/** The program without source lines: these know the stacks on which its equations were made, and so the user's data. */
function withoutSources(program: Program): Program {
  const equations = program.equations.map((equation): Equation => {
    const inner = innerPrograms(equation);
    const attributes = inner.length === 0 ? equation.attributes : withoutInnerSources(equation.attributes, inner);
    return { ...equation, attributes, source: undefined };
  });
  return { ...program, equations };
}

const withoutInnerSources = (attributes: Attributes, inner: readonly Program[]): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, inner.includes(value) ? withoutSources(value) : value]),
  );

/** Whether programs have as many of everything, which takes no time to see. */
const lookAlike = (a: Program, b: Program): boolean =>
  a.equations.length === b.equations.length &&
  a.constants.length === b.constants.length &&
  a.inputs.length === b.inputs.length &&
  a.outputs.length === b.outputs.length &&
  a.equations.every(({ primitive }, i) => primitive === b.equations[i]!.primitive);

/**
 * A cache of what is made of programs: equal programs, however they came about, share it.
 *
 * @returns find(program, variant, make): what `make` gave for an equal program and the same variant, else what it gives now
 */
export function cacheByStructure<T>(most = mostModules) {
  // the last used one comes first
  const entries: Entry<T>[] = [];
  return (program: Program, variant: string, make: () => T): T => {
    if (program.constants.reduce((sum, { elements }) => sum + elements.length, 0) > mostElements) return make();
    let structure: Structure | undefined;
    const at = entries.findIndex((entry) => {
      if (entry.variant !== variant || !lookAlike(entry.program, program)) return false;
      structure ??= structureOf(program);
      entry.structure ??= structureOf(entry.program);
      return sameStructure(entry.structure, structure);
    });
    const entry: Entry<T> =
      at < 0
        ? { program: withoutSources(program), variant, value: make(), ...(structure && { structure }) }
        : entries.splice(at, 1)[0]!;
    entries.unshift(entry);
    entries.length = Math.min(entries.length, most);
    return entry.value;
  };
}
