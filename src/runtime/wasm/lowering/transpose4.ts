import type { Local, V128 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";

type Four = readonly [number, number, number, number];

/** The first `count` columns of four rows of four. */
export function transpose4(
  fn: FunctionBuilder<readonly [], undefined>,
  [a, b, c, d]: readonly V128[],
  count = 4,
): Local<"v128">[] {
  const mix = (x: V128, y: V128, lanes: Four): Local<"v128"> => fn.let(v128.shuffle32(x, y, lanes));
  const [low, high]: readonly Four[] = [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ];
  const halves = (count > 2 ? [low!, high!] : [low!]).map((lanes) => [mix(a!, b!, lanes), mix(c!, d!, lanes)] as const);
  return halves
    .flatMap(([ab, cd]) => [() => mix(ab, cd, [0, 1, 4, 5]), () => mix(ab, cd, [2, 3, 6, 7])])
    .slice(0, count)
    .map((column) => column());
}
