import { range, sizeOf } from "../../util/shapes.js";
import { reduceSum, reshape, transpose } from "../primitives/axes.js";
import { mul } from "../primitives/elementwise.js";
import { matMul } from "../primitives/matMul.js";
import type { Variable } from "../program.js";

/** A tensor whose axes have names, one letter each. */
interface Labelled {
  readonly labels: readonly string[];
  readonly x: Variable;
}

const sizesOf = ({ labels, x }: Labelled, wanted: readonly string[]): number[] =>
  wanted.map((label) => x.shape[labels.indexOf(label)]!);

/** Sums over the axes that nobody needs any more. */
function kept({ labels, x }: Labelled, isNeeded: (label: string) => boolean): Labelled {
  const summed = range(labels.length).filter((axis) => !isNeeded(labels[axis]!));
  return { labels: labels.filter(isNeeded), x: reduceSum(x, summed) };
}

const arranged = ({ labels, x }: Labelled, order: readonly string[]): Variable =>
  transpose(
    x,
    order.map((label) => labels.indexOf(label)),
  );

/** The axes in a given order, with axes of size 1 for those that are missing. */
function aligned(term: Labelled, order: readonly string[]): Variable {
  const own = arranged(
    term,
    order.filter((label) => term.labels.includes(label)),
  );
  return reshape(
    own,
    order.map((label) => (term.labels.includes(label) ? sizesOf(term, [label])[0]! : 1)),
  );
}

/** The product of two tensors, summed over the common axes that are not needed: a matrix product if there are any. */
function product(a: Labelled, b: Labelled, isNeeded: (label: string) => boolean): Labelled {
  const common = a.labels.filter((label) => b.labels.includes(label));
  const [batch, summed] = [common.filter(isNeeded), common.filter((label) => !isNeeded(label))];
  const rows = a.labels.filter((label) => !common.includes(label));
  const columns = b.labels.filter((label) => !common.includes(label));
  const labels = [...batch, ...rows, ...columns];
  if (summed.length === 0) return { labels, x: mul(aligned(a, labels), aligned(b, labels)) };
  const matrices = (term: Labelled, first: readonly string[], second: readonly string[]) =>
    reshape(arranged(term, [...batch, ...first, ...second]), [
      ...sizesOf(term, batch),
      sizeOf(sizesOf(term, first)),
      sizeOf(sizesOf(term, second)),
    ]);
  const multiplied = matMul(matrices(a, rows, summed), matrices(b, summed, columns));
  return { labels, x: reshape(multiplied, [...sizesOf(a, [...batch, ...rows]), ...sizesOf(b, columns)]) };
}

/** Einstein summation, `"bij,jk->bik"`: operands are multiplied from the left, each axis summed as soon as it can be. */
export function einsum(equation: string, operands: readonly Variable[]): Variable {
  const [left, right] = equation.replace(/\s/g, "").split("->") as [string, string];
  const output = [...right];
  const terms = left.split(",").map((labels, i): Labelled => ({ labels: [...labels], x: operands[i]! }));
  const result = terms.slice(1).reduce((total, term, i) => {
    const later = terms.slice(i + 2).flatMap(({ labels }) => labels);
    const isNeeded = (label: string) => output.includes(label) || later.includes(label);
    const before = kept(total, (label) => isNeeded(label) || term.labels.includes(label));
    return product(
      before,
      kept(term, (label) => isNeeded(label) || total.labels.includes(label)),
      isNeeded,
    );
  }, terms[0]!);
  return arranged(
    kept(result, (label) => output.includes(label)),
    output,
  );
}
