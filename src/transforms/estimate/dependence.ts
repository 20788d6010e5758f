import type { AxisMap } from "../../ir/primitive.js";
import type { Equation, Program, Variable } from "../../ir/program.js";
import { isSample, sampleAttributes } from "../../ir/site.js";

/**
 * How a variable depends on a site: for each batch axis of the site, the variable's axis that it is aligned with
 * (element n depends on the site's element n alone), or null where the elements are mixed.
 */
export type SiteAxes = readonly (number | null)[];

/** The sites that a variable depends on. Sites not listed are independent of it. */
export type Dependence = ReadonlyMap<Equation, SiteAxes>;

/** Two ways of depending on the same site: aligned only where both are. */
const meet = (a: SiteAxes, b: SiteAxes): SiteAxes => a.map((axis, i) => (axis === b[i] ? axis : null));

const through = (axes: SiteAxes, map: AxisMap): SiteAxes =>
  axes.map((axis) => (axis === null ? null : (map[axis] ?? null)));

/** Merges dependences, as an elementwise function of equally shaped values has them. */
export function mergeDependence(dependences: readonly Dependence[]): Dependence {
  const merged = new Map<Equation, SiteAxes>();
  for (const each of dependences)
    for (const [site, axes] of each) merged.set(site, merged.has(site) ? meet(merged.get(site)!, axes) : axes);
  return merged;
}

const independent: Dependence = new Map();

/**
 * Finds, for every variable, the sites that it depends on and along which axes: an abstract interpretation with one rule
 * per primitive (`axes`). This finds plates that nobody declared; where a rule does not know, elements count as mixed.
 */
export function findDependence(program: Program): (variable: Variable) => Dependence {
  const found = new Map<Variable, Dependence>();
  const of = (variable: Variable): Dependence => found.get(variable) ?? independent;
  for (const equation of program.equations) {
    const { primitive, inputs, attributes, outputs } = equation;
    const random = inputs.map(of);
    if (random.some((each) => each.size > 0)) {
      const maps = primitive.axes(inputs, attributes, outputs);
      outputs.forEach((output, o) => {
        const each = random.map(
          (dependence, i) =>
            new Map([...dependence].map(([site, axes]) => [site, through(axes, maps[o]![i]!)] as const)),
        );
        found.set(output, mergeDependence(each));
      });
    }
    if (isSample(equation)) {
      const [output] = outputs;
      found.set(
        output!,
        new Map([...of(output!), [equation, sampleAttributes(equation).batch.map((_, axis) => axis)]]),
      );
    }
  }
  return of;
}
