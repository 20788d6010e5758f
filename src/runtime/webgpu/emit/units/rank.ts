import { sizeOf } from "../../../../util/shapes.js";
import type { Unit } from "../../plan/units.js";
import type { Emitter } from "../emitter.js";
import { threads, type Written } from "./unit.js";

/** The k largest of each line: every element counts those that come before it, which is its place. */
export function writeRank(emitter: Emitter, { heads: [head] }: Unit): Written {
  const { inputs, outputs, attributes } = head!.equation!;
  const [x] = inputs as [(typeof inputs)[0]];
  const [values, indices] = outputs as [typeof x, typeof x];
  const { k } = attributes;
  const length = x.shape.at(-1)!;
  const size = sizeOf(x.shape);
  const number = (code: string): string => (x.dtype === "bool" ? `u32(${code})` : code);
  emitter.line(`let i = w * ${threads}u + lid;`);
  emitter.block(`if (i < ${size}u)`, () => {
    const e = emitter.fresh("e");
    emitter.line(`let ${e} = i;`);
    const line = emitter.define(`(${e} / ${length}u)`);
    const own = emitter.define(`(${e} % ${length}u)`);
    const element = emitter.value(x, { shape: x.shape, flat: e });
    const place = emitter.mutable("u32", "0u");
    const j = emitter.fresh("j");
    emitter.block(`for (var ${j}_ = 0u; ${j}_ < ${length}u; ${j}_++)`, () => {
      emitter.fresh("j");
      const at = emitter.fresh("j");
      emitter.line(`let ${at} = ${j}_;`);
      const other = emitter.value(x, { shape: x.shape, flat: emitter.define(`(${line} * ${length}u + ${at})`) });
      const isBefore = `${number(other)} > ${number(element)} || (${other} == ${element} && ${at} < ${own})`;
      emitter.line(`${place} += select(0u, 1u, ${isBefore});`);
    });
    emitter.block(`if (${place} < ${k}u)`, () => {
      const to = `${line} * ${k}u + ${place}`;
      emitter.store(values, to, element);
      emitter.store(indices, to, `i32(${own})`);
    });
  });
  return { workgroups: Math.ceil(size / threads) };
}
