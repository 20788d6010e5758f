// Blocks of choices as a user names them.
import { unknownAddress } from "../../dsl/choices.js";
import { ElbowError } from "../../errors.js";
import { range } from "../../util/shapes.js";
import type { Block } from "./conditionalNormal.js";
import type { Links } from "./posteriorLinks.js";
import type { Site } from "./sites.js";

/** What is drawn together, and what depends on what, by name. */
export interface Structure {
  readonly joint: readonly (readonly string[])[];
  readonly given: { readonly [name: string]: readonly string[] };
}

const refuse = (message: string, hint: string): never => {
  throw new ElbowError("guide", { message: `structuredGuide: ${message}`, hint });
};

/**
 * Blocks in an order in which every one comes after those it depends on.
 *
 * @param links - asked for only where something is given
 */
export function blocksOf(
  sites: readonly Site[],
  { joint, given }: Structure,
  links: () => Links | undefined,
): readonly Block[] {
  const named = (name: string): number[] => {
    const found = range(sites.length).filter((i) => {
      const { address } = sites[i]!;
      return address === name || address.startsWith(`${name}/`);
    });
    const addresses = sites.map(({ address }) => address);
    if (found.length === 0) throw unknownAddress(name, addresses, "the model, as structuredGuide guides it,");
    return found;
  };
  const together = joint.map((names) => names.flatMap(named));
  const members = together.flat();
  const twice = members.find((site, i) => members.indexOf(site) < i);
  if (twice !== undefined)
    refuse(
      `the choice "${sites[twice]!.address}" is in two blocks`,
      "Name every choice once, in one block of `joint`.",
    );
  const groups = [
    ...together.filter(({ length }) => length > 0),
    ...range(sites.length)
      .filter((i) => !members.includes(i))
      .map((i) => [i]),
  ];
  const parents = groups.map(() => new Set<number>());
  for (const [child, names] of Object.entries(given))
    for (const site of named(child)) {
      const at = groups.findIndex((group) => group.includes(site));
      for (const parent of names.flatMap(named)) {
        if (groups[at]!.includes(parent))
          refuse(
            `"${child}" is given "${sites[parent]!.address}", which is in the same block`,
            "Choices of one block depend on one another anyway.",
          );
        parents[at]!.add(parent);
      }
    }
  const known = parents.some(({ size }) => size > 0) ? links() : undefined;
  const blocks = groups.map((group, at): Block => {
    const isAlone = group.length === 1;
    return {
      name: group.map((i) => sites[i]!.address).join("+"),
      sites: group,
      independent: isAlone && !members.includes(group[0]!) ? sites[group[0]!]!.unconstrained.length : 0,
      parents: [...parents[at]!].map((site) => ({ site, aligned: (isAlone && known?.[group[0]!]?.[site]) || 0 })),
    };
  });
  return inOrderOf(blocks);
}

/** @throws ElbowError "guide" for circles */
function inOrderOf(blocks: readonly Block[]): readonly Block[] {
  const done: Block[] = [];
  const left = [...blocks];
  while (left.length > 0) {
    const drawn = done.flatMap(({ sites }) => sites);
    const next = left.findIndex(({ parents }) => parents.every(({ site }) => drawn.includes(site)));
    if (next < 0)
      refuse(
        `choices are given in a circle: ${left.map(({ name }) => name).join(", ")}`,
        "Take one of them out of `given`, or put them in one block of `joint`.",
      );
    done.push(...left.splice(next, 1));
  }
  return done;
}
