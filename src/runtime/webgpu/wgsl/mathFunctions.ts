// The functions of src/runtime/wasm/math, translated on demand.
import type { V128 } from "../../wasm/assembler/expression.js";
import type { FunctionBuilder } from "../../wasm/assembler/functionBuilder.js";

import { mathLanes } from "../../wasm/mathLanes.js";
import { boxMuller } from "../../wasm/random.js";
import { familyFunction } from "./families/all.js";
import { functions } from "./functions.js";
import { polygamma } from "./polygamma.js";
import { translate } from "./translate.js";

const prefix = "math_";

/** The WGSL name of the function of an elementwise primitive, if there is one. It takes and gives bits. */
export function mathName(primitive: string, order?: number): string | undefined {
  if (primitive === "polygamma") return `${prefix}polygamma${order}`;
  const name = `${prefix}${primitive}`;
  return primitive in mathLanes || name in functions || familyFunction(name) !== undefined ? name : undefined;
}

const binary = ["atan2", "deviance", "digammaDifference", "floorDiv"];

type Write = (fn: FunctionBuilder, x: readonly V128[]) => V128;

/** Functions of two words that no primitive stands for. */
const others: Readonly<Record<string, Write>> = {
  box_muller_cosine: (fn, [x, y]) => boxMuller(fn, [fn.let(x!), fn.let(y!)])[0],
  box_muller_sine: (fn, [x, y]) => boxMuller(fn, [fn.let(x!), fn.let(y!)])[1],
};

/** The source of a function, if it is one of these. */
export function mathFunction(name: string): string | undefined {
  if (others[name]) return translate(name, 2, others[name]);
  if (!name.startsWith(prefix)) return undefined;
  const primitive = name.slice(prefix.length);
  const order = /^polygamma(\d+)$/.exec(primitive)?.[1];
  if (order) return polygamma(Number(order));
  const rule = mathLanes[primitive];
  if (!rule) return undefined;
  const from = new Array<"float32">(binary.includes(primitive) ? 2 : 1).fill("float32");
  return translate(name, from.length, (fn, x) => {
    // operands stand in locals of their own
    const operands = x.map((each) => fn.let(each));
    return rule({ fn, x: operands, from, to: "float32", attributes: {} });
  });
}
