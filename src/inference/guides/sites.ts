// What a model chooses: addresses, shapes, supports, and where to start, seen by running it once.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type Bijector, bijector } from "../../distributions/bijectors/bijector.js";
import { bounded } from "../../distributions/bijectors/bounded.js";
import type { Distribution } from "../../distributions/distribution.js";
import { bijectorTo } from "../../distributions/unconstrained.js";
import { assess } from "../../dsl/assess.js";
import type { Call } from "../../dsl/call.js";
import { addressesOf, at, type Choices, put, unknownAddress } from "../../dsl/choices.js";
import { interpret } from "../../dsl/interpret.js";
import { run } from "../../dsl/verbs.js";
import { ElbowError } from "../../errors.js";
import type { Support } from "../../ir/site.js";
import { knownElements } from "../../ir/tracing.js";
import { namedKey, seedKey, standardUniform } from "../../ops/random.js";
import { type Shape, sizeOf } from "../../util/shapes.js";
import { drawnFrom, middleOf } from "./startingValue.js";

/** A continuous choice of a model. */
export interface Site {
  readonly address: string;
  readonly support: Support;
  /** From unconstrained coordinates. */
  readonly bijector: Bijector;
  /** Of the unconstrained coordinates. */
  readonly unconstrained: Shape;
  /** Unconstrained coordinates to start at. */
  readonly start: ArrayLike<number>;
}

/** What a guide is asked for, whatever the model's type. */
export interface SiteOptions {
  readonly start?: "median" | "mean" | "sample" | "search" | { readonly values: object };
  readonly except?: string | readonly string[];
  readonly coordinates?: object;
  readonly seed?: number;
}

type Choice = Distribution<Tensor, never>;
/** A tensor of numbers that are known. */
interface Known {
  readonly shape: Shape;
  readonly values: readonly number[];
}
/** The ends of an interval. */
interface Ends {
  readonly low: Known;
  readonly high: Known;
}
/** What is known of a choice from its distribution. */
interface Kind {
  readonly support: Support;
  readonly bijector: Bijector;
  readonly ends: Ends | undefined;
}

/** @throws ElbowError "guide" for choices that an automatic guide cannot have */
function refuse(address: string, message: string, hint: string): never {
  throw new ElbowError("guide", {
    message: `an automatic guide cannot have the choice "${address}": ${message}`,
    hint: `${hint} What an automatic guide shall leave out is named in { except: "${address.split("/")[0]}" }.`,
    at: { address },
  });
}

function kindOf(address: string, of: Choice): Kind {
  const { family, parameters } = of;
  if (family.bounds) {
    const [low, high] = family.bounds(parameters);
    const ends = knownEnds(address, low, high);
    return { support: family.support, bijector: boundedBy(ends), ends };
  }
  try {
    return { support: family.support, bijector: bijectorTo(of), ends: undefined };
  } catch (error) {
    if (!(error instanceof ElbowError) || error.code !== "unconstrained") throw error;
    const isDiscrete = error.summary.includes("discrete");
    return refuse(
      address,
      isDiscrete ? `the values of ${family.name} are discrete` : error.summary,
      isDiscrete
        ? "Sum it out of the model (marginal with exactEnumeration), or give it a guide of its own, with enumerate or reinforce."
        : (error.hint ?? ""),
    );
  }
}

/** The ends as numbers: in plates, which are traced, only those are known that nothing is computed for. */
function knownEnds(address: string, low: Tensor, high: Tensor): Ends {
  const known = (end: Tensor): Known => {
    const elements = knownElements(end);
    return elements ? { shape: end.shape, values: Array.from(elements) } : movingEnds(address);
  };
  return { low: known(low), high: known(high) };
}

const movingEnds = (address: string): never =>
  refuse(
    address,
    "the ends of its interval are computed from other choices, or from rows of data",
    "Let the model draw it between fixed ends and scale it then, or give it a guide of its own.",
  );

function boundedBy({ low, high }: Ends): Bijector {
  const [first, last] = [low.values[0]!, high.values[0]!];
  const isOne = low.values.every((end) => end === first) && high.values.every((end) => end === last);
  const end = ({ values, shape }: Known) => tf.tensor([...values], [...shape]);
  // also ends that differ from element to element are fixed: the rule is that of numbers
  return isOne ? bounded(first, last) : bijector(bounded(0, 1).rule, [end(low), end(high)]);
}

const sameEnds = (a: Ends | undefined, b: Ends | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a run of a model shows. */
interface Look {
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly choices: Choices;
  /** Which branches ran. */
  readonly branches: Choices;
}

/** Runs a model, and notes the distribution of every choice on the way. */
function look(
  model: Call,
  start: NonNullable<SiteOptions["start"]>,
  seed: number,
  isLeftOut: (address: string) => boolean,
): Look {
  const kinds = new Map<string, Kind>();
  const key = seedKey(seed);
  const choose = (address: string, of: Choice) => {
    if (isLeftOut(address)) return undefined;
    const kind = kindOf(address, of);
    const known = kinds.get(address);
    if (known && !sameEnds(known.ends, kind.ends)) movingEnds(address);
    kinds.set(address, known ?? kind);
    const own = namedKey(key, address);
    if (start === "sample" && drawnFrom(of, own)) return undefined;
    const value = middleOf(of, kind.bijector, start === "mean" ? "mean" : "median", own);
    return { value, logDensity: tf.scalar(0) };
  };
  const given = typeof start === "object" ? (start.values as Choices) : {};
  // given values are not asked for, so that their distributions are seen in a run without them
  const blind = Object.keys(given).length > 0 ? look(model, "median", seed, isLeftOut) : undefined;
  const { choices, branches } = run(seed, interpret(model as Call<Choices>, { given, choose }));
  return { kinds: blind?.kinds ?? kinds, choices: choices as Choices, branches };
}

/** The choices of a model, in order, at a starting point of finite density. */
export const sitesOf = (model: Call, options: SiteOptions): Site[] => surveyOf(model, options).sites;

/** What an automatic guide knows of a model. */
export interface Survey {
  readonly sites: Site[];
  /** Values of the choices that are left out. */
  readonly rest: Choices;
}

/** The choices of a model, and values of those that are left out. */
export function surveyOf(model: Call, options: SiteOptions): Survey {
  const { start = "median", except = [], coordinates = {}, seed = 0 } = options;
  const leftOut = typeof except === "string" ? [except] : except;
  const isLeftOut = (address: string) => leftOut.some((name) => address === name || address.startsWith(`${name}/`));
  let found: Site[] = [];
  let rest: Choices = {};
  tf.tidy(() => {
    const { kinds, choices, branches } = look(model, start, seed, isLeftOut);
    const all = addressesOf(choices);
    for (const name of leftOut)
      if (at(choices, name) === undefined) throw unknownAddress(name, all, `the model ${model.name}`);
    const addresses = all.filter((address) => !isLeftOut(address));
    if (addresses.length === 0)
      throw new ElbowError("guide", {
        message: `the model${model.name === "program" ? "" : ` ${model.name}`} has no choices for a guide`,
        hint: "It needs at least one sample(…) that is not left out by { except }; what has no choices is fitted with mle.",
      });
    if ([...kinds.values()].some(({ ends }) => ends)) {
      const other = look(model, "sample", seed + 1, isLeftOut).kinds;
      for (const [address, { ends }] of kinds) if (!sameEnds(ends, other.get(address)?.ends)) movingEnds(address);
    }
    const sites = addresses.map((address): Site => {
      const kind =
        kinds.get(address) ?? refuse(address, "its distribution is not known", "Give it a guide of its own.");
      for (const branch of addressesOf(branches))
        if (address.startsWith(branch))
          refuse(address, "whether it is made depends on a branch", "Give the branch a guide of its own.");
      const value = at(choices, address) as Tensor;
      const { support, ends } = kind;
      const own = (at as (tree: object, address: string) => unknown)(coordinates, address) as Bijector | undefined;
      if (own) checkCoordinates(address, own, support);
      const map = own ?? (ends ? boundedBy(ends) : kind.bijector);
      for (const end of map.parameters) tf.keep(end);
      const u = map.inverse(value);
      return { address, support, bijector: map, unconstrained: u.shape, start: u.dataSync() };
    });
    found = startingSomewhere(model, choices, sites, options);
    for (const address of all.filter(isLeftOut)) rest = put(rest, address, tf.keep(at(choices, address) as Tensor));
  });
  return { sites: found, rest };
}

/** @throws ElbowError "support-mismatch" unless the bijector leads from the real numbers onto the support */
function checkCoordinates(address: string, { rule }: Bijector, support: Support): void {
  const isOnto = rule.codomain === support || (rule.codomain === "positive" && support === "nonNegative");
  if (rule.domain === "real" && isOnto) return;
  throw new ElbowError("support-mismatch", {
    message: `the coordinates of "${address}" do not fit\n  expected: from real to ${support}\n  received: ${rule.name}, from ${rule.domain} to ${rule.codomain}`,
    at: { address },
  });
}

/** Sites whose starting point has a finite density. @throws ElbowError "guide" if there is none */
function startingSomewhere(model: Call, choices: Choices, sites: Site[], options: SiteOptions): Site[] {
  const { start = "median", seed = 0 } = options;
  const tries = start === "search" ? 101 : 1;
  for (let i = 0; i < tries; i++) {
    const here = i === 0 ? sites : sites.map((site) => ({ ...site, start: between(site, seed + i) }));
    const values = here.reduce((all, site) => put(all, site.address, valueAt(site)), choices);
    const [density] = run(seed, assess(model as Call<Choices>, values)).dataSync();
    if (Number.isFinite(density) && here.every((site) => Array.from(site.start).every(Number.isFinite))) return here;
  }
  const off = sites.find((site) => !Array.from(site.start).every(Number.isFinite));
  throw new ElbowError("guide", {
    message: off
      ? `the starting value of "${off.address}" is not inside of its support`
      : `the log density of the model ${model.name} is not finite ${tries > 1 ? `at any of ${tries} points` : "where the guide starts"}`,
    hint:
      start === "search"
        ? "Give values where it is: { start: { values } }."
        : 'Start somewhere else: { start: "search" }, or { start: { values } }.',
    at: { address: off?.address },
  });
}

const valueAt = ({ bijector, start, unconstrained }: Site): Tensor =>
  bijector.forward(tf.tensor(Array.from(start), [...unconstrained]));

/** Uniform between −2 and 2. */
const between = ({ address, unconstrained }: Site, seed: number): ArrayLike<number> =>
  tf.sub(tf.mul(4, standardUniform(namedKey(seedKey(seed), address), [sizeOf(unconstrained)])), 2).dataSync();
