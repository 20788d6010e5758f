// Parameters with one leaf per site, nested as addresses are.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { at, type Choices, put } from "../../dsl/choices.js";
import { ElbowError } from "../../errors.js";
import type { Site } from "./sites.js";

/** Tensors by address, of one per site. */
export const byAddress = (sites: readonly Site[], make: (site: Site, i: number) => Tensor): Choices =>
  sites.reduce<Choices>((tree, site, i) => put(tree, site.address, make(site, i)), {});

/** The tensors again, in the order of the sites. */
export const inOrder = (sites: readonly Site[], tree: Choices): Tensor[] =>
  sites.map(({ address }) => at(tree, address) as Tensor);

/** Locations to start at, in unconstrained coordinates. */
export const startingLocations = (sites: readonly Site[]): Choices =>
  byAddress(sites, ({ start, unconstrained }) => tf.tensor(Array.from(start), [...unconstrained], "float32"));

/** Locations and scales to start at. */
export const startingPoint = (sites: readonly Site[], scale: number): { loc: Choices; logScale: Choices } => ({
  loc: startingLocations(sites),
  logScale: byAddress(sites, ({ unconstrained }) => tf.fill([...unconstrained], Math.log(scale))),
});

/** @throws ElbowError "option" unless it is positive */
export function checkedScale(guide: string, scale = 0.1): number {
  if (scale > 0 && Number.isFinite(scale)) return scale;
  throw new ElbowError("option", { message: `${guide}: scale must be positive and finite\n  received: ${scale}` });
}
