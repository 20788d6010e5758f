import type { Unit } from "../../plan/units.js";
import type { Emitter } from "../emitter.js";
import { threads, type Written, writeTails } from "./unit.js";

/** One thread for each element. */
export function writeMap(emitter: Emitter, { size, tails }: Unit): Written {
  emitter.line(`let i = w * ${threads}u + lid;`);
  emitter.block(`if (i < ${size}u)`, () => {
    const e = size === 1 ? "0u" : emitter.fresh("e");
    if (size > 1) emitter.line(`let ${e} = i;`);
    writeTails(emitter, tails, e);
  });
  return { workgroups: Math.ceil(size / threads) };
}
