import type { Program } from "../../ir/program.js";
import { type Structure, sameStructure, structureOf } from "../../ir/structure.js";

/** How many modules are kept, the last used ones. */
const mostModules = 64;

/** Programs that hold more constant elements are not kept: a data set of the user's would be kept with them. */
const mostElements = 2 ** 20;

/**
 * A cache of what is made of programs: equal programs, however they came about, share it.
 *
 * @returns find(program, variant, make): what `make` gave for an equal program and the same variant, else what it gives now
 */
export function cacheByStructure<T>(most = mostModules) {
  // the last used one comes first
  const entries: { readonly structure: Structure; readonly variant: string; readonly value: T }[] = [];
  return (program: Program, variant: string, make: () => T): T => {
    if (program.constants.reduce((sum, { elements }) => sum + elements.length, 0) > mostElements) return make();
    const structure = structureOf(program);
    const at = entries.findIndex((entry) => entry.variant === variant && sameStructure(entry.structure, structure));
    const entry = at < 0 ? { structure, variant, value: make() } : entries.splice(at, 1)[0]!;
    entries.unshift(entry);
    entries.length = Math.min(entries.length, most);
    return entry.value;
  };
}
