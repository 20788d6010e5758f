// Inner loops of the operations that run most, written out: through a function of one element they would be called one by
// one, which takes several times as long as the arithmetic.
import type { Block } from "../../util/shapes.js";
import type { Elements } from "../program.js";

/** Writes one block of results. */
export type BlockLoop = (block: Block, out: Elements, x: Elements, y: Elements, z: Elements) => void;

export const addLoop: BlockLoop = ({ at, rows, length, starts, rowSteps, steps }, out, x, y) => {
  const [dx, dy] = steps as [number, number];
  for (let row = 0, o = at; row < rows; row++) {
    let i = starts[0]! + row * rowSteps[0]!;
    let j = starts[1]! + row * rowSteps[1]!;
    for (let n = 0; n < length; n++, o++, i += dx, j += dy) out[o] = x[i]! + y[j]!;
  }
};

export const subLoop: BlockLoop = ({ at, rows, length, starts, rowSteps, steps }, out, x, y) => {
  const [dx, dy] = steps as [number, number];
  for (let row = 0, o = at; row < rows; row++) {
    let i = starts[0]! + row * rowSteps[0]!;
    let j = starts[1]! + row * rowSteps[1]!;
    for (let n = 0; n < length; n++, o++, i += dx, j += dy) out[o] = x[i]! - y[j]!;
  }
};

export const mulLoop: BlockLoop = ({ at, rows, length, starts, rowSteps, steps }, out, x, y) => {
  const [dx, dy] = steps as [number, number];
  for (let row = 0, o = at; row < rows; row++) {
    let i = starts[0]! + row * rowSteps[0]!;
    let j = starts[1]! + row * rowSteps[1]!;
    for (let n = 0; n < length; n++, o++, i += dx, j += dy) out[o] = x[i]! * y[j]!;
  }
};

export const selectLoop: BlockLoop = ({ at, rows, length, starts, rowSteps, steps }, out, condition, x, y) => {
  const [dc, dx, dy] = steps as [number, number, number];
  for (let row = 0, o = at; row < rows; row++) {
    let c = starts[0]! + row * rowSteps[0]!;
    let i = starts[1]! + row * rowSteps[1]!;
    let j = starts[2]! + row * rowSteps[2]!;
    for (let n = 0; n < length; n++, o++, c += dc, i += dx, j += dy) out[o] = condition[c] !== 0 ? x[i]! : y[j]!;
  }
};
