/** Loops, and what runs along them. */
export interface Loops {
  /** From outside to inside. */
  readonly sizes: readonly number[];
  /** Strides along the loops, for each value. */
  readonly strides: readonly (readonly number[])[];
  /** For each fold, how many loops from outside it is not folded over. */
  readonly depths: readonly number[];
}

/** The same with neighbouring loops joined wherever all values run on through both. */
export function joinLoops({ sizes, strides, depths }: Loops): Loops {
  for (let outer = sizes.length - 2; outer >= 0; outer--) {
    const inner = outer + 1;
    const size = sizes[inner]!;
    if (depths.includes(inner) || strides.some((each) => each[outer] !== each[inner]! * size)) continue;
    return joinLoops({
      sizes: sizes.toSpliced(outer, 2, sizes[outer]! * size),
      strides: strides.map((each) => each.toSpliced(outer, 1)),
      depths: depths.map((depth) => (depth > outer ? depth - 1 : depth)),
    });
  }
  return { sizes, strides, depths };
}
