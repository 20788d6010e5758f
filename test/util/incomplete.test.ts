import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { betainc } from "../../src/util/special/betainc.js";
import { gammainc, gammaincc } from "../../src/util/special/gammainc.js";

type Row = readonly number[];
const table = JSON.parse(
  readFileSync(new URL("../reference/special-functions.json", import.meta.url), "utf8"),
) as Record<string, { readonly rows: readonly Row[] }>;

/** Relative, and absolute below the smallest normal number. */
const error = (x: number, y: number): number => Math.abs(x - y) / Math.max(Math.abs(y), 1e-295);

describe("incomplete gamma and beta functions", () => {
  it("gammainc, gammaincc and their derivative in a agree with the table to 1e-13", () => {
    for (const [a, x, value, slope, , upper] of table.gammainc!.rows as [
      number,
      number,
      number,
      number,
      number,
      number,
    ][]) {
      expect(error(gammainc(0, a, x), value), `P(${a}, ${x})`).toBeLessThan(1e-13);
      expect(error(gammaincc(0, a, x), upper), `Q(${a}, ${x})`).toBeLessThan(1e-13);
      expect(error(gammainc(1, a, x), slope), `dP/da(${a}, ${x})`).toBeLessThan(1e-13);
    }
  });

  it("betainc and its derivatives in a and b agree with the table to 1e-13", () => {
    for (const [a, b, x, value, inA, inB] of table.betainc!.rows as [
      number,
      number,
      number,
      number,
      number,
      number,
    ][]) {
      expect(error(betainc([0, 0], a, b, x), value), `I(${a}, ${b}, ${x})`).toBeLessThan(1e-13);
      expect(error(betainc([1, 0], a, b, x), inA), `dI/da(${a}, ${b}, ${x})`).toBeLessThan(1e-13);
      expect(error(betainc([0, 1], a, b, x), inB), `dI/db(${a}, ${b}, ${x})`).toBeLessThan(1e-13);
    }
  });

  it("derivatives of higher order are those of the lower ones", () => {
    const h = 1e-4;
    const slope = (f: (a: number) => number, a: number) => (f(a + h) - f(a - h)) / (2 * h);
    for (const [a, x] of [
      [2, 1.5],
      [0.5, 3],
      [30, 28],
    ] as const) {
      expect(gammainc(2, a, x)).toBeCloseTo(
        slope((each) => gammainc(1, each, x), a),
        7,
      );
      expect(gammaincc(3, a, x)).toBeCloseTo(
        slope((each) => gammaincc(2, each, x), a),
        7,
      );
      const [b, y] = [a / 2, x / (1 + x)];
      expect(betainc([1, 1], a, b, y)).toBeCloseTo(
        slope((each) => betainc([0, 1], each, b, y), a),
        7,
      );
      expect(betainc([2, 1], a, b, y)).toBeCloseTo(
        slope((each) => betainc([1, 1], each, b, y), a),
        6,
      );
    }
  });

  it("edges", () => {
    expect(gammainc(0, 2, 0)).toBe(0);
    expect(gammainc(0, 2, Number.POSITIVE_INFINITY)).toBe(1);
    expect(gammaincc(0, 2, 0)).toBe(1);
    expect(gammainc(0, -1, 1)).toBeNaN();
    expect(gammainc(0, 1, -1)).toBeNaN();
    expect(betainc([0, 0], 1, 2, 0)).toBe(0);
    expect(betainc([0, 0], 1, 2, 1)).toBe(1);
    expect(betainc([0, 0], 0, 2, 0.5)).toBeNaN();
  });
});
