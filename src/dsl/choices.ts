// Choices: plain nested readonly objects, address → tensor. There is no choice-map class.

import { Tensor } from "@tensorflow/tfjs-core";
import { produce } from "immer";
import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";
import { checkFunction, wrongArgument } from "../util/expected.js";
import { nearestTo } from "../util/nearest.js";
import { isOptions } from "../util/options.js";

/** Values of random choices by address; nested programs nest. */
export interface Choices {
  readonly [address: string]: Tensor | Choices;
}

/** What stands at an address that a run may be without, as branches have them. */
export type Present<T> = Exclude<T, undefined>;

export const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** @throws ElbowError "argument" unless these are values by address */
export function checkChoices(where: string, choices: unknown): void {
  if (isOptions(choices) && !isTensor(choices)) return;
  throw new ElbowError("argument", {
    message: `${where} takes values by address after the program\n  received: ${described(choices)}`,
    hint: `Write ${where}(program, { address: tf.scalar(1) }).`,
  });
}

/** For functions of choices. @throws ElbowError "argument" unless these are tensors by address, nested ones included */
function checkNested(where: string, value: unknown, address = ""): void {
  if (isOptions(value)) {
    for (const name in value)
      if (!isTensor(value[name as never]) && value[name as never] !== undefined)
        checkNested(where, value[name as never], address ? `${address}/${name}` : name);
    return;
  }
  const what = address ? `the value at "${address}"` : "the choices";
  throw wrongArgument(where, what, "an object of tensors by address", value, "Write { address: tf.scalar(1) }.");
}

/** @throws ElbowError "address" unless this is an address of choices */
function checkPath(where: string, path: unknown): void {
  if (
    typeof path === "string" ||
    (Array.isArray(path) && path.length > 0 && path.every((name) => typeof name === "string"))
  )
    return;
  throw new ElbowError("address", {
    message: `${where}: an address is a text, or an array of texts from the outside in\n  received: ${described(path)}`,
    hint: 'Write "outer/inner", or ["outer", "inner"].',
  });
}

/** An address in a nested structure of choices: a name, or names from the outside in. */
export type Path = string | readonly string[];

const namesOf = (path: Path): readonly string[] => (typeof path === "string" ? path.split("/") : path);

/** All addresses of a structure, nested ones joined by "/". What is no object stands at one, too: the run refuses it there. */
export const addressesOf = (choices: Choices, prefix = ""): string[] =>
  Object.entries(choices).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return isTensor(value) || typeof value !== "object" || value === null
      ? [`${prefix}${name}`]
      : addressesOf(value, `${prefix}${name}/`);
  });

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
  checkNested("select", choices);
  for (const path of paths) checkPath("select", path);
  return paths.reduce<Choices>((selected, path) => {
    const value = at(choices, path);
    if (value === undefined) throw unknownAddress(namesOf(path).join("/"), addressesOf(choices));
    return put(selected, path, value);
  }, {});
}

/** All choices but those at these addresses. @throws ElbowError "unknown-address" for an address that is not there */
export function without(choices: Choices, ...paths: readonly Path[]): Choices {
  checkNested("without", choices);
  for (const path of paths) checkPath("without", path);
  return produce(choices, (draft) => {
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
}

/** The choices for which the test holds; it sees the joined address and the value. */
export function filter(choices: Choices, test: (address: string, value: Tensor) => boolean): Choices {
  checkNested("filter", choices);
  checkFunction("filter", "the test", test, 'Write filter(choices, (address, value) => address !== "x").');
  return addressesOf(choices)
    .filter((address) => test(address, at(choices, address) as Tensor))
    .reduce<Choices>((kept, address) => put(kept, address, at(choices, address)!), {});
}

/** The choices with a value at an address, put there or replaced. */
export function set(choices: Choices, path: Path, value: Tensor | Choices): Choices {
  checkNested("set", choices);
  checkPath("set", path);
  if (!isTensor(value)) checkNested("set", value, namesOf(path).join("/"));
  return put(choices, path, value);
}

/** The same where it is known what these are. */
export const put = (choices: Choices, path: Path, value: Tensor | Choices): Choices =>
  produce(choices, (draft) => {
    const names = namesOf(path);
    let node = draft as Record<string, unknown>;
    for (const name of names.slice(0, -1)) {
      node[name] ??= {};
      if (isTensor(node[name]))
        throw new ElbowError("not-a-value", {
          message: `set: "${names.join("/")}" lies below "${name}", which holds a tensor`,
          hint: "Take the tensor out first, with without(choices, address).",
          at: { address: names.join("/") },
        });
      node = node[name] as Record<string, unknown>;
    }
    node[names.at(-1)!] = value;
  });

/** Choices of both; an address that both have is an error. @throws ElbowError "repeated-address" */
export function merge(first: Choices, second: Choices): Choices {
  checkNested("merge", first);
  checkNested("merge", second);
  return addressesOf(second).reduce((merged, address) => {
    if (at(merged, address) !== undefined)
      throw new ElbowError("repeated-address", {
        message: `merge: address "${address}" is in both`,
        hint: "Take it out of one with without(…).",
      });
    return put(merged, address, at(second, address)!);
  }, first);
}

/** The error for an address that a program or a structure does not have, with the nearest one that it has. */
export function unknownAddress(
  address: string,
  known: readonly string[],
  who = "the choices",
  source?: string,
  observed: readonly string[] = [],
): ElbowError {
  if (observed.includes(address))
    return new ElbowError("unknown-address", {
      message: `address "${address}" is observed by ${who}, and not sampled\n  given: ${address}\n  samples: ${known.join(", ") || "no addresses"}`,
      hint: "Observed values come in through the arguments of the program: leave the address out.",
      at: { address, source },
    });
  const nearest = nearestTo(address, known);
  return new ElbowError("unknown-address", {
    message: `address "${address}" is not sampled by ${who}\n  given: ${address}\n  has:   ${known.join(", ") || "no addresses"}`,
    hint: nearest === undefined ? "Leave it out, or sample it there." : `Did you mean "${nearest}"?`,
    at: { address, source },
  });
}
