import { describe, expect, it } from "vitest";
import { integrate } from "../../src/util/quadrature/gaussLegendre.js";
import { gammainc } from "../../src/util/special/gammainc.js";
import { gammaShapeMass, logGammaShapeAbove, logGammaShapeBelow } from "../../src/util/special/gammaShapeParts.js";
import { lgamma } from "../../src/util/special/lgamma.js";
import { digamma } from "../../src/util/special/polygamma.js";

const shapes = [0.01, 0.3, 1, 2.5, 40, 1e4];

describe("the derivative of a gamma density in its shape", () => {
  it.each(shapes)("both parts have the mass, shape %d", (a) => {
    const turn = digamma(a);
    // ∫ (y − ψ(a))·p over y = log x
    const integrand = (y: number) => (y - turn) * Math.exp(a * y - Math.exp(y) - lgamma(a));
    const reach = 12 / Math.sqrt(a) + 40 / a;
    const above = integrate(integrand, turn, turn + Math.min(reach, 12 - turn), 200);
    const below = -integrate(integrand, turn - reach, turn, 200);
    expect(Math.abs(above / gammaShapeMass(a) - 1)).toBeLessThan(1e-7);
    expect(Math.abs(below / gammaShapeMass(a) - 1)).toBeLessThan(1e-7);
  });

  it.each(shapes.slice(1))("quantiles are inverse to ∂P/∂a, and monotone, shape %d", (a) => {
    const mass = gammaShapeMass(a);
    let last = Number.NEGATIVE_INFINITY;
    const us = [1e-7, 1e-3, 0.1, 0.5, 0.9, 0.999, 1 - 1e-7];
    for (const u of us) {
      const y = logGammaShapeBelow(a, u);
      expect(Math.abs(-gammainc(1, a, Math.exp(y)) / mass - u)).toBeLessThan(1e-8);
      expect(y).toBeGreaterThan(last);
      last = y;
    }
    expect(last).toBeLessThan(digamma(a));
    last = digamma(a);
    for (const u of us) {
      const y = logGammaShapeAbove(a, u);
      expect(Math.abs(1 + gammainc(1, a, Math.exp(y)) / mass - u)).toBeLessThan(1e-8);
      expect(y).toBeGreaterThan(last);
      last = y;
    }
  });

  it("is not a number where there is none", () => {
    expect(gammaShapeMass(0)).toBeNaN();
    expect(logGammaShapeBelow(1, 0)).toBeNaN();
    expect(logGammaShapeAbove(-1, 0.5)).toBeNaN();
  });
});
