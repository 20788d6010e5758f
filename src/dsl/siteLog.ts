// Which sites a run came by, with their shapes: for tables, and for errors that show the way to them.
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { DType } from "../ir/program.js";
import { columns } from "../util/columns.js";
import type { Source } from "../util/location.js";
import { formatShape, type Shape } from "../util/shapes.js";

/** An axis that a plate, a loop or independent runs put around a site. */
export interface NamedAxis {
  /** The address of the plate or loop. */
  readonly name: string;
  readonly size: number;
}

/** A random choice or an observation as a run came by it. */
export interface LoggedSite {
  /** With the names of the enclosing programs. */
  readonly address: string;
  readonly isObserved: boolean;
  /** Name of the family. */
  readonly distribution: string;
  /** Shapes of one row or step, without the axes around. */
  readonly batch: Shape;
  readonly event: Shape;
  /** From the outside in. */
  readonly axes: readonly NamedAxis[];
  readonly support: string;
  readonly dtype: DType;
  /** The verb that ran the program; undefined for choices of the computation itself. */
  readonly verb: string | undefined;
  readonly source: Source;
}

/** A loop in eager runs may come by more sites than anybody reads. */
const most = 1000;

let sites: Map<string, LoggedSite> | undefined;
let axes: readonly NamedAxis[] = [];
let verb: string | undefined;

/** Runs a body and gives the sites that it came by; inside another one, both have them. */
export function loggingSites<R>(body: () => R): { readonly result: R; readonly sites: readonly LoggedSite[] } {
  const outer = sites;
  const own = new Map(outer);
  sites = own;
  try {
    return { result: body(), sites: [...own.values()] };
  } finally {
    if (outer) for (const [name, site] of own) outer.set(name, site);
    sites = outer;
  }
}

/** Runs a body on the way that an axis goes around. */
export function aroundAxis<R>(axis: NamedAxis, body: () => R): R {
  const outer = axes;
  axes = [...outer, axis];
  try {
    return body();
  } finally {
    axes = outer;
  }
}

/** Runs what a verb runs. */
export function duringVerb<R>(name: string, body: () => R): R {
  const outer = verb;
  verb = name;
  try {
    return body();
  } finally {
    verb = outer;
  }
}

/** Takes down a site. */
export function noteSite(
  address: string,
  { family, batch, event }: Distribution<Tensor, never>,
  isObserved: boolean,
  source: Source,
): void {
  if (!sites || sites.size >= most) return;
  const { name: distribution, support, dtype } = family;
  const site = { address, isObserved, distribution, batch, event, axes, support, dtype, verb, source };
  const key = `${verb} ${address}`;
  if (!sites.has(key)) sites.set(key, site);
}

/** How many sites an error shows. */
const shown = 8;

/** The sites that the run around came by so far, the last few, as lines of a message; nothing where there is one alone. */
export function sitesSoFar(): string {
  const all = [...(sites?.values() ?? [])];
  if (all.length < 2) return "";
  const hasBoth = ["simulate", "assess"].every((name) => all.some((each) => each.verb === name));
  const rows = all
    .slice(-shown)
    .map((site) => [
      site.address,
      site.isObserved ? "observed" : "latent",
      site.distribution,
      `batch ${formatShape(site.batch)}`,
      `event ${formatShape(site.event)}`,
      site.axes.map(({ name, size }) => `${name} ${size}`).join(", "),
      hasBoth ? (site.verb === "simulate" ? "guide" : "model") : "",
    ]);
  const omitted = all.length - rows.length;
  return `\n  sites so far:${omitted > 0 ? ` (${omitted} more)` : ""}\n${columns(rows, "    ")}`;
}
