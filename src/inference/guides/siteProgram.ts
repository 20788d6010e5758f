import type { Tensor } from "@tensorflow/tfjs-core";
import type { Distribution } from "../../distributions/distribution.js";
import type { Call } from "../../dsl/call.js";
import { type Choices, put } from "../../dsl/choices.js";
import { call, type Effects, sample } from "../../dsl/effects.js";
import { gen } from "../../dsl/gen.js";
import type { Site } from "./sites.js";

type Structure = { readonly [name: string]: Structure | number };

/** A program that samples every site on its own, nested as the model is, and returns its choices. */
export function siteProgram(
  name: string,
  sites: readonly Site[],
  distributionOf: (site: Site, i: number) => Distribution<Tensor, never>,
): Call<Choices, Choices> {
  // where in the list each site is, by address; `set` nests
  const structure = sites.reduce<Choices>((tree, { address }, i) => put(tree, address, i as never), {});
  function* level(here: Structure): Effects<unknown, Choices> {
    const values: Record<string, Tensor | Choices> = {};
    for (const [address, below] of Object.entries(here))
      values[address] =
        typeof below === "number"
          ? yield* sample(address, distributionOf(sites[below]!, below))
          : yield* call(address, gen(() => level(below))());
    return values;
  }
  const body = () => level(structure as unknown as Structure);
  Object.defineProperty(body, "name", { value: name });
  return gen(body)() as unknown as Call<Choices, Choices>;
}

/** The same distribution, with the support of the model's: where a bijector leads is a part of that. */
export const onSupportOf = (
  { support }: Site,
  distribution: Distribution<Tensor, never>,
): Distribution<Tensor, never> =>
  distribution.family.support === support
    ? distribution
    : { ...distribution, family: { ...distribution.family, support } };
