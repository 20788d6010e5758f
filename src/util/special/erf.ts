// Rational approximations of FreeBSD's msun library (s_erf.c, Sun Microsystems 1993; errors below 1 ulp), there derived
// on the intervals |x| < 0.84375, < 1.25, < 1/0.35 and < 28.

const pp = [
  1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2, -5.77027029648944159157e-3,
  -2.37630166566501626084e-5,
];
const qq = [
  1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3, 1.32494738004321644526e-4,
  -3.9602282787753681232e-6,
];
const erx = 8.45062911510467529297e-1;
const pa = [
  -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1, 3.18346619901161753674e-1,
  -1.10894694282396677476e-1, 3.54783043256182359371e-2, -2.166375594868790843e-3,
];
const qa = [
  1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2, 1.26171219808761642112e-1,
  1.36370839120290507362e-2, 1.1984499846799107417e-2,
];
const ra = [
  -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1, -6.23753324503260060396e1,
  -1.62396669462573470355e2, -1.84605092906711035994e2, -8.12874355063065934246e1, -9.81432934416914548592,
];
const sa = [
  1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2, 6.45387271733267880336e2,
  4.29008140027567833386e2, 1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2,
];
const rb = [
  -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1, -1.60636384855821916062e2,
  -6.37566443368389627722e2, -1.02509513161107724954e3, -4.83519191608651397019e2,
];
const sb = [
  1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3,
  2.55305040643316442583e3, 4.74528541206955367215e2, -2.24409524465858183362e1,
];

const ratio = (numerator: readonly number[], denominator: readonly number[], x: number): number =>
  numerator.reduceRight((sum, each) => sum * x + each, 0) / denominator.reduceRight((sum, each) => sum * x + each, 0);

/** e^{x²}·erfc(x) for x ≥ 1.25. */
function scaledTail(x: number): number {
  const s = 1 / (x * x);
  // Beyond 28 the asymptotic series (DLMF 7.12.1) is exact.
  if (x > 28)
    return (1 - 0.5 * s * (1 - 1.5 * s * (1 - 2.5 * s * (1 - 3.5 * s * (1 - 4.5 * s))))) / (x * Math.sqrt(Math.PI));
  return Math.exp((x < 1 / 0.35 ? ratio(ra, sa, s) : ratio(rb, sb, s)) - 0.5625) / x;
}

/** erfc(x) for x ≥ 1.25; x² is split so that no digit of it is lost. */
function tail(x: number): number {
  if (x > 28) return 0;
  const z = Math.fround(x);
  return Math.exp(-z * z) * Math.exp((z - x) * (z + x)) * scaledTail(x);
}

/** erf x = (2/√π)·∫₀ˣ e^{−t²} dt */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 0.84375) return x + x * ratio(pp, qq, x * x);
  const value = size < 1.25 ? erx + ratio(pa, qa, size - 1) : 1 - tail(size);
  return x < 0 ? -value : value;
}

/** erfc x = 1 − erf x, exact in the tail. */
export function erfc(x: number): number {
  const size = Math.abs(x);
  if (size < 0.84375) return x < 0.25 ? 1 - erf(x) : 0.5 - (x - 0.5 + x * ratio(pp, qq, x * x));
  const value = size < 1.25 ? 1 - erx - ratio(pa, qa, size - 1) : tail(size);
  return x < 0 ? 2 - value : value;
}

/** e^{x²}·erfc(x), which neither under- nor overflows for x ≥ 0. */
export const erfcx = (x: number): number => (x < 1.25 ? Math.exp(x * x) * erfc(x) : scaledTail(x));
