// Random keys and numbers: no derivatives, but lanes and axes as for everything else.
import fc from "fast-check";
import { poissonQuantile } from "../../../../src/ir/primitives/poissonQuantile.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../../../../src/ir/primitives/random.js";
import { between, broadcasting, type Conformance, each, everywhere, integers, shapes } from "../conformance.js";
import { two } from "./elementwise.js";

const keys = integers(-(2 ** 31), 2 ** 31 - 1);
/** Without a stream, with one, and with one for each key. */
const drawn = fc
  .tuple(shapes(0, 2), shapes(0, 2), fc.constantFrom("none", "one", "each"))
  .map(([lanes, shape, streams]) => ({
    types: [[...lanes, 2], ...(streams === "none" ? [] : [streams === "one" ? [] : lanes])].map((own) => ({
      shape: own,
      dtype: "int32" as const,
    })),
    attributes: { shape },
  }));

export const randomCases: Conformance[] = [
  {
    primitive: foldIn.primitive,
    signature: broadcasting("int32", "int32").map(([key, data]) => ({
      types: [{ shape: [...key!.shape, 2], dtype: "int32" }, data!],
      attributes: {},
    })),
    domains: everywhere(keys),
    order: 0,
  },
  ...[randomBits, randomUniform, randomNormal].map(
    ({ primitive }): Conformance => ({ primitive, signature: drawn, domains: everywhere(keys), order: 0 }),
  ),
  two(poissonQuantile, between(0, 1), { domains: each(between(1 / 64, 63 / 64), between(0, 20)), order: 0 }),
];
