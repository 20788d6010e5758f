import { erf, erfc } from "./erf.js";

/** Coefficients, highest power first, of M. Giles, "Approximating the erfinv function" (2011), single precision. */
export const centre: readonly number[] = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
export const tails: readonly number[] = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];

const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, each) => sum * x + each, 0);

/** A start that Halley's steps can begin from; beyond Giles' range, erfc x ≈ e^{−x²}/(x√π) solved once. */
function start(y: number): number {
  const w = -Math.log((1 - y) * (1 + y));
  if (w < 5) return y * horner(centre, w - 2.5);
  if (w < 16) return y * horner(tails, Math.sqrt(w) - 3);
  const tail = -Math.log(1 - Math.abs(y));
  return Math.sign(y) * Math.sqrt(tail - Math.log(Math.PI * tail) / 2);
}

/** The inverse of erf: an approximation, then Halley's steps on erf, or on erfc where erf is near ±1. */
export function erfinv(y: number): number {
  if (Math.abs(y) >= 1) return Math.abs(y) === 1 ? y * Number.POSITIVE_INFINITY : Number.NaN;
  let x = start(y);
  for (let step = 0; step < 3; step++) {
    const excess = Math.abs(y) < 0.5 ? erf(x) - y : Math.sign(y) * (1 - Math.abs(y) - erfc(Math.abs(x)));
    const newton = (excess * Math.sqrt(Math.PI) * Math.exp(x * x)) / 2;
    x -= newton / (1 + x * newton);
  }
  return x;
}
