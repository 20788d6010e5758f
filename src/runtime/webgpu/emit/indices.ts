// Arithmetic on indices as source, done at once where the numbers are known.

const isNumber = (code: string): boolean => /^\d+u$/.test(code);

export const index = (value: number): string => `${value}u`;

export const sum = (x: string, y: string): string => {
  if (isNumber(x) && isNumber(y)) return index(Number.parseInt(x, 10) + Number.parseInt(y, 10));
  return x === "0u" ? y : y === "0u" ? x : `(${x} + ${y})`;
};
export const times = (x: string, factor: number): string =>
  isNumber(x)
    ? index(Number.parseInt(x, 10) * factor)
    : factor === 1
      ? x
      : factor === 0
        ? "0u"
        : `(${x} * ${index(factor)})`;
export const quotient = (x: string, by: number): string =>
  isNumber(x) ? index(Math.floor(Number.parseInt(x, 10) / by)) : by === 1 ? x : `(${x} / ${index(by)})`;
export const rest = (x: string, by: number): string =>
  by === 1 ? "0u" : isNumber(x) ? index(Number.parseInt(x, 10) % by) : `(${x} % ${index(by)})`;
