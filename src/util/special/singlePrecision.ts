// Polynomials, lowest power first, that engines share: each is minimax to single precision.

/** (sin r − r)/r³ and (cos r − 1 + r²/2)/r⁴ in r² for |r| ≤ π/4, to 2⁻²⁷ and 2⁻³³. */
export const sineTail = [-1.6666655e-1, 8.332187e-3, -1.9517909e-4];
export const cosineTail = [4.1666646e-2, -1.3887301e-3, 2.4430668e-5];

/** (atan s − s)/s³ in s² for s ≤ 1, to 2⁻²⁵. */
export const atanTail = [
  -3.3333153e-1, 1.9993767e-1, -1.4211002e-1, 1.0665772e-1, -7.55168e-2, 4.320518e-2, -1.6363632e-2, 2.9195794e-3,
];

/** sin(πf)/f in f², and cos(πf)/(¼ − f²) in f², for |f| ≤ ½, to 2⁻²⁵ and 2⁻²⁹. */
export const sinePi = [3.1415927, -5.167729, 2.5506525, -6.0452324e-1, 1.05454095e-1, -4.3629054e-2];
export const cosinePi = [4, -3.7392082, 1.2779918, -2.2874707e-1, 2.4166012e-2];

/** log Γ(2 + z)/(z(z + 1)) for |z| ≤ 1, to 2⁻²⁶: of one sign, so that the zeros of log Γ at 1 and 2 are exact. */
export const lgammaNearTwo = [
  4.2278433e-1, -1.003173e-1, 3.296524e-2, -1.23845935e-2, 4.9968082e-3, -2.1038535e-3, 9.203957e-4, -4.2191404e-4,
  1.7843465e-4, -5.579743e-5, 3.4691904e-5, -3.7576247e-5, 1.4727285e-5,
];
/** x·(log Γ(x) − Stirling's formula) in 1/x² for x ≥ 3, to 2⁻²⁹ of log Γ(x). */
export const stirlingTail = [8.3333164e-2, -2.7699366e-3, 6.7924644e-4];
