// What the compiler knows of the choices of one program of several.
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Choices, Present } from "./choices.js";

/** The addresses of all members of a union. */
type AddressOf<U> = U extends unknown ? keyof U : never;

/** What stands at an address in those members of a union that have it. */
type ValueAt<U, K> = U extends unknown ? (K extends keyof U ? Present<U[K]> : never) : never;

/** Values on one support or another; nested choices of all together. */
type Joined<T> = [Extract<T, Tensor>] extends [never] ? BranchChoices<T> : T;

/** The addresses that a member may be without, because others do not have it or have it only sometimes. */
type OptionalIn<U> =
  | Exclude<AddressOf<U>, keyof U>
  | (U extends unknown ? { [K in keyof U]-?: undefined extends U[K] ? K : never }[keyof U] : never);

type Flat<T> = { [K in keyof T]: T[K] } & {};

/**
 * The choices of a program that is one of several, from the union U of theirs: addresses that all of them have are there, the others
 * may be.
 */
export type BranchChoices<U> = unknown extends U
  ? Choices
  : string extends AddressOf<U>
    ? Choices
    : Flat<
        { readonly [K in Exclude<keyof U, OptionalIn<U>>]: Joined<ValueAt<U, K>> } & {
          readonly [K in OptionalIn<U>]?: Joined<ValueAt<U, K>>;
        }
      >;
