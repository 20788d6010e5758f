// Every equation of every program comes through here several times, in code that is not optimized yet: loops count, since
// iterators allocate there.

/** A tensor's shape: its sizes, outermost axis first. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let product = 1;
  for (let axis = 0; axis < shape.length; axis++) product *= shape[axis]!;
  return product;
}

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; stride *= shape[axis]!, axis--) strides[axis] = stride;
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** The broadcast of shapes by numpy's rule (trailing axes aligned, size 1 stretches), or undefined if there is none. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] | undefined {
  let rank = 0;
  for (let k = 0; k < shapes.length; k++) rank = Math.max(rank, shapes[k]!.length);
  const result = new Array<number>(rank).fill(1);
  for (let k = 0; k < shapes.length; k++) {
    const shape = shapes[k]!;
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const size = shape[i]!;
      if (result[axis] === 1) result[axis] = size;
      else if (size !== 1 && size !== result[axis]) return undefined;
    }
  }
  return result;
}

/** Strides of `shape` seen from the broadcast shape `out`: stretched axes have stride 0. */
export function broadcastStrides(shape: Shape, out: Shape): number[] {
  const strides = stridesOf(shape);
  const offset = out.length - shape.length;
  return out.map((_, axis) => (axis < offset || shape[axis - offset] === 1 ? 0 : strides[axis - offset]!));
}

/** Calls `visit(flat index into out, flat index into each input)` for every element of `out`, in order. */
export function forEachBroadcast(
  out: Shape,
  inputs: readonly Shape[],
  visit: (at: number, from: readonly number[]) => void,
): void {
  const from = inputs.map(() => 0);
  forEachBlock(out, inputs, ({ at, rows, length, starts, rowSteps, steps }) => {
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < from.length; k++) from[k] = starts[k]! + row * rowSteps[k]!;
      for (let i = 0; i < length; i++) {
        visit(at + row * length + i, from);
        for (let k = 0; k < from.length; k++) from[k]! += steps[k]!;
      }
    }
  });
}

/** A run of `rows` × `length` elements that follow each other in the result, and where they come from in each input. */
export interface Block {
  readonly at: number;
  readonly rows: number;
  readonly length: number;
  readonly starts: readonly number[];
  readonly rowSteps: readonly number[];
  readonly steps: readonly number[];
}

/**
 * Calls `visit` for every block of elements along the last axes of `out`: what an elementwise loop needs to be tight.
 * Neighbouring axes that all inputs walk through with the same step count as one.
 */
export function forEachBlock(out: Shape, inputs: readonly Shape[], visit: (block: Block) => void): void {
  const strides = inputs.map((shape) => broadcastStrides(shape, out));
  const size = sizeOf(out);
  let outer = out.length;
  /** Takes axes from the right, as many as go on with the same step. */
  const take = (): { length: number; steps: readonly number[] } => {
    while (outer > 0 && out[outer - 1] === 1) outer--;
    if (outer === 0) return { length: 1, steps: strides.map(() => 0) };
    const steps = strides.map((stride) => stride[outer - 1]!);
    let length = out[--outer]!;
    while (outer > 0 && strides.every((stride, k) => out[outer - 1] === 1 || stride[outer - 1] === steps[k]! * length))
      length *= out[--outer]!;
    return { length, steps };
  };
  const { length, steps } = take();
  const { length: rows, steps: rowSteps } = take();
  const starts = inputs.map(() => 0);
  const counter = new Array<number>(outer).fill(0);
  for (let at = 0; at < size; at += rows * length) {
    visit({ at, rows, length, starts, rowSteps, steps });
    for (let axis = outer - 1; axis >= 0; axis--) {
      counter[axis]!++;
      for (let k = 0; k < starts.length; k++) starts[k]! += strides[k]![axis]!;
      if (counter[axis]! < out[axis]!) break;
      for (let k = 0; k < starts.length; k++) starts[k]! -= strides[k]![axis]! * out[axis]!;
      counter[axis] = 0;
    }
  }
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** An element's index along each axis, as `[1, 2]`; empty for scalars. */
export function formatIndex(position: number, shape: Shape): string {
  if (shape.length === 0) return "";
  const index = shape.toReversed().map((size) => {
    const at = position % size;
    position = (position - at) / size;
    return at;
  });
  return `[${index.toReversed().join(", ")}]`;
}
