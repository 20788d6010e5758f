import type { ScanAttributes } from "../../ir/control.js";
import type { AxisMap, AxisPlace } from "../../ir/primitive.js";
import { movedPlace } from "../../ir/primitives/axes.js";
import type { Equation, Program, Variable } from "../../ir/program.js";
import { isSample, sampleAttributes } from "../../ir/site.js";

/**
 * How a variable depends on a site: for each batch axis of the site, the variable's axis that it is aligned with
 * (element n depends on the site's element n alone) or runs along with (on the elements up to n), or null where the
 * elements are mixed.
 */
export type SiteAxes = AxisMap;

/** The sites that a variable depends on. Sites not listed are independent of it. */
export type Dependence<Source = Equation> = ReadonlyMap<Source, SiteAxes>;

const axisOf = (place: number | { readonly axis: number }): number => (typeof place === "number" ? place : place.axis);

/** Two ways of depending on the same site axis: what holds of both. */
function meetPlaces(a: AxisPlace, b: AxisPlace): AxisPlace {
  if (a === null || b === null || axisOf(a) !== axisOf(b)) return null;
  if (typeof a === "number") return b;
  if (typeof b === "number") return a;
  return a.reverse === b.reverse ? a : null;
}

const meet = (a: SiteAxes, b: SiteAxes): SiteAxes => a.map((place, i) => meetPlaces(place, b[i]!));

/** Where a place comes to lie behind an operation: what runs along one way twice still does. */
function throughPlace(place: AxisPlace, map: AxisMap): AxisPlace {
  if (place === null) return null;
  const next = map[axisOf(place)] ?? null;
  if (next === null || typeof place === "number") return next;
  return meetPlaces(next, { axis: axisOf(next), reverse: place.reverse });
}

const throughMap = (axes: SiteAxes, map: AxisMap): SiteAxes => axes.map((place) => throughPlace(place, map));

const mapDependence = <S>(dependence: Dependence<S>, map: AxisMap): Dependence<S> =>
  dependence.size === 0 ? dependence : new Map([...dependence].map(([site, axes]) => [site, throughMap(axes, map)]));

const shifted = (axes: SiteAxes, by: number): SiteAxes => axes.map((place) => movedPlace(place, by));

/** A text that is equal for equal axes. */
export const axesText = (axes: SiteAxes): string =>
  `[${axes.map((place) => (place === null ? "" : typeof place === "number" ? place : `${place.reverse ? "≥" : "≤"}${place.axis}`))}]`;

/** Merges dependences, as an elementwise function of equally shaped values has them. */
export function mergeDependence<S>(dependences: readonly Dependence<S>[]): Dependence<S> {
  const [first = independent<S>(), ...others] = dependences.filter(({ size }) => size > 0);
  if (others.length === 0) return first;
  const merged = new Map(first);
  for (const each of others)
    for (const [site, axes] of each) merged.set(site, merged.has(site) ? meet(merged.get(site)!, axes) : axes);
  return merged;
}

const nothing: Dependence<never> = new Map<never, SiteAxes>();
const independent = <S>(): Dependence<S> => nothing as Dependence<S>;

/** What an output of an equation depends on that is new with this equation. */
export type OwnSources<S> = (equation: Equation, output: number) => Dependence<S> | undefined;

/**
 * Follows what the inputs of a program depend on to its other variables: an abstract interpretation with one rule per
 * primitive (`axes`).
 */
export function followDependence<S>(
  program: Program,
  inputs: readonly Dependence<S>[],
  own: OwnSources<S> = () => undefined,
): (variable: Variable) => Dependence<S> {
  const found = new Map<Variable, Dependence<S>>(program.inputs.map((input, i) => [input, inputs[i]!]));
  const of = (variable: Variable): Dependence<S> => found.get(variable) ?? independent();
  const through = (equation: Equation): Dependence<S>[] => {
    const random = equation.inputs.map(of);
    if (random.every((each) => each.size === 0)) return equation.outputs.map(independent<S>);
    return equation.primitive
      .axes(equation.inputs, equation.attributes, equation.outputs)
      .map((maps) =>
        mergeDependence(random.map((each, i) => (maps[i] ? mapDependence(each, maps[i]) : independent<S>()))),
      );
  };
  for (const equation of program.equations) {
    const passed = through(equation);
    equation.outputs.forEach((output, o) => {
      const fresh = own(equation, o);
      const all = fresh ? mergeDependence([passed[o]!, fresh]) : passed[o]!;
      if (all.size > 0) found.set(output, all);
    });
  }
  return of;
}

/**
 * Finds, for every variable, the sites that it depends on and along which axes. This finds plates that nobody declared;
 * where a rule does not know, elements count as mixed.
 */
export const findDependence = (program: Program): ((variable: Variable) => Dependence) =>
  followDependence<Equation>(
    program,
    program.inputs.map(() => independent<Equation>()),
    (equation, output) =>
      isSample(equation)
        ? new Map([[equation, sampleAttributes(equation).batch.map((_, axis) => axis)]])
        : ownSourcesOf(equation)?.[output],
  );

/** Equations that are random choices in themselves state on what their outputs depend by this attribute. */
export const ownSourcesOf = ({ attributes }: Equation): readonly Dependence[] | undefined =>
  attributes.ownSources as readonly Dependence[] | undefined;

const isEqual = <S>(a: Dependence<S>, b: Dependence<S>): boolean =>
  a.size === b.size && [...a].every(([site, axes]) => b.has(site) && axesText(b.get(site)!) === axesText(axes));

/** What a loop's source was at an earlier step. */
interface Earlier<S> {
  readonly earlier: S;
}

/**
 * What the outputs of a loop depend on. Sources are some of its inputs, and what `own` finds within its body, whose axes
 * get one more in front, that of the steps: a result of the loop depends on the elements of its own step alone, or where
 * they get there by the carry, on those of earlier steps too.
 */
export function followLoop<S extends object>(
  { body, constants, carries, length, reverse }: ScanAttributes,
  sources: readonly (S | undefined)[],
  own: OwnSources<S> = () => undefined,
): Dependence<S>[] {
  const perStep = new Set<S>(sources.slice(constants + carries).filter((source) => source !== undefined));
  const earlier = new Map<S, Earlier<S>>();
  const earlierOf = (source: S): Earlier<S> => {
    if (!earlier.has(source)) earlier.set(source, { earlier: source });
    return earlier.get(source)!;
  };
  const isEarlier = (source: S | Earlier<S>): source is Earlier<S> =>
    earlier.get((source as Earlier<S>).earlier) === source;
  const ownHere: OwnSources<S | Earlier<S>> = (equation, output) => {
    const found = own(equation, output);
    if (found) for (const source of found.keys()) perStep.add(source);
    return found;
  };
  const inputs = body.inputs.map(({ shape }, i): Dependence<S | Earlier<S>> => {
    const source = sources[i];
    return source ? new Map([[source, shape.map((_, axis) => axis)]]) : independent();
  });
  let carried = inputs.slice(constants, constants + carries);
  for (;;) {
    const of = followDependence(
      body,
      inputs.map((input, i) => carried[i - constants] ?? input),
      ownHere,
    );
    const outputs = body.outputs.map(of);
    const next = carried.map((before, i) => {
      const passed = new Map<S | Earlier<S>, SiteAxes>();
      for (const [source, axes] of outputs[i]!) {
        const key = !isEarlier(source) && perStep.has(source) ? earlierOf(source) : source;
        passed.set(key, passed.has(key) ? meet(passed.get(key)!, axes) : axes);
      }
      return mergeDependence([before, passed]);
    });
    if (next.every((each, i) => isEqual(each, carried[i]!)))
      return outputs.map((output, o) => (o < carries ? ofCarry(length > 0 ? output : carried[o]!) : ofResult(output)));
    carried = next;
  }

  function ofCarry(dependence: Dependence<S | Earlier<S>>): Dependence<S> {
    return mergeDependence(
      [...dependence].map(([source, axes]) => {
        const key = isEarlier(source) ? source.earlier : source;
        return new Map([[key, perStep.has(key) ? [null, ...axes] : axes]]);
      }),
    );
  }

  function ofResult(dependence: Dependence<S | Earlier<S>>): Dependence<S> {
    return mergeDependence(
      [...dependence].map(([source, axes]) => {
        const key = isEarlier(source) ? source.earlier : source;
        const step: AxisPlace = isEarlier(source) ? { axis: 0, reverse } : 0;
        return new Map([[key, perStep.has(key) ? [step, ...shifted(axes, 1)] : shifted(axes, 1)]]);
      }),
    );
  }
}
