// Choices: plain nested readonly objects, address → tensor. There is no choice-map class.
import { Tensor } from "@tensorflow/tfjs-core";
import { produce } from "immer";
import { ElbowError } from "../errors.js";

/** Values of random choices by address; nested programs nest. */
export interface Choices {
  readonly [address: string]: Tensor | Choices;
}

/** What stands at an address that a run may be without, as branches have them. */
export type Present<T> = Exclude<T, undefined>;

export const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** An address in a nested structure of choices: a name, or names from the outside in. */
export type Path = string | readonly string[];

const namesOf = (path: Path): readonly string[] => (typeof path === "string" ? path.split("/") : path);

/** All addresses of a structure, nested ones joined by "/". */
export const addressesOf = (choices: Choices, prefix = ""): string[] =>
  Object.entries(choices).flatMap(([name, value]) =>
    isTensor(value) ? [`${prefix}${name}`] : addressesOf(value, `${prefix}${name}/`),
  );

/** The value or the nested choices at an address, or undefined. */
export function at(choices: Choices, path: Path): Tensor | Choices | undefined {
  let node: Tensor | Choices | undefined = choices;
  for (const name of namesOf(path)) {
    if (node === undefined || isTensor(node)) return undefined;
    node = node[name];
  }
  return node;
}

/** Only the choices at these addresses. @throws ElbowError "unknown-address" for an address that is not there */
export function select(choices: Choices, ...paths: readonly Path[]): Choices {
  return paths.reduce<Choices>((selected, path) => {
    const value = at(choices, path);
    if (value === undefined) throw unknownAddress(namesOf(path).join("/"), addressesOf(choices));
    return set(selected, path, value);
  }, {});
}

/** All choices but those at these addresses. @throws ElbowError "unknown-address" for an address that is not there */
export const without = (choices: Choices, ...paths: readonly Path[]): Choices =>
  produce(choices, (draft) => {
    for (const path of paths) {
      const names = namesOf(path);
      const parent = names
        .slice(0, -1)
        .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], draft);
      const last = names.at(-1)!;
      if (typeof parent !== "object" || parent === null || !(last in parent))
        throw unknownAddress(names.join("/"), addressesOf(choices));
      delete (parent as Record<string, unknown>)[last];
    }
  });

/** The choices for which the test holds; it sees the joined address and the value. */
export function filter(choices: Choices, test: (address: string, value: Tensor) => boolean): Choices {
  return addressesOf(choices)
    .filter((address) => test(address, at(choices, address) as Tensor))
    .reduce<Choices>((kept, address) => set(kept, address, at(choices, address)!), {});
}

/** The choices with a value at an address, put there or replaced. */
export const set = (choices: Choices, path: Path, value: Tensor | Choices): Choices =>
  produce(choices, (draft) => {
    const names = namesOf(path);
    let node = draft as Record<string, unknown>;
    for (const name of names.slice(0, -1)) {
      node[name] ??= {};
      node = node[name] as Record<string, unknown>;
    }
    node[names.at(-1)!] = value;
  });

/** Choices of both; an address that both have is an error. @throws ElbowError "repeated-address" */
export function merge(first: Choices, second: Choices): Choices {
  return addressesOf(second).reduce((merged, address) => {
    if (at(merged, address) !== undefined)
      throw new ElbowError("repeated-address", {
        message: `merge: address "${address}" is in both`,
        hint: "Take it out of one with without(…).",
      });
    return set(merged, address, at(second, address)!);
  }, first);
}

/** The error for an address that a program or a structure does not have, with the nearest one that it has. */
export function unknownAddress(
  address: string,
  known: readonly string[],
  who = "the choices",
  source?: string,
): ElbowError {
  const nearest = nearestTo(address, known);
  return new ElbowError("unknown-address", {
    message: `address "${address}" is not sampled by ${who}\n  given: ${address}\n  has:   ${known.join(", ") || "no addresses"}`,
    hint: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
    at: { source },
  });
}

/** The closest text by edit distance, if it is close at all: an address's last name counts for that. */
export function nearestTo(text: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({ candidate, distance: editDistance(text, candidate) }));
  const best = scored.toSorted((a, b) => a.distance - b.distance)[0];
  const length = (address: string) => address.length - address.lastIndexOf("/") - 1;
  return best && best.distance <= Math.max(1, Math.ceil(Math.max(length(text), length(best.candidate)) / 2))
    ? best.candidate
    : undefined;
}

/** Insertions, deletions, substitutions and swaps of neighbours that lead from one text to the other. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const [above, before] = [rows[i - 1]!, rows[i - 2]];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (isSame ? 0 : 1));
      const isSwap = before && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
