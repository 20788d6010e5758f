import { describe, expect, it } from "vitest";
import { array, check, compile, numbers } from "./runKernel.js";

describe("the kernel of poissonQuantile", () => {
  it("gives the reference's counts", () => {
    const next = numbers(3);
    const count = 3000;
    const u = array([count], "float32", () => Math.fround(next()));
    for (const scale of [0.1, 3, 30, 900, 5000, 1e6, 1e12]) {
      const rate = array([count], "float32", () => Math.fround(scale * (0.5 + next())));
      check("poissonQuantile", [u, rate], {}, 0);
    }
  });

  it("broadcasts", () => {
    const rate = array([3, 1], "float32", (i) => 2 + 3 * i);
    check("poissonQuantile", [array([4], "float32", (i) => (i + 0.5) / 4), rate], {}, 0);
    check("poissonQuantile", [array([], "float32", () => 0.5), rate], {}, 0);
    check("poissonQuantile", [array([], "float32", () => 0.5), array([])], {}, 0);
    check("poissonQuantile", [array([0]), array([1])], {}, 0);
  });

  it("knows the edges", () => {
    const edges = [Number.NaN, -1, 0, 1e-40, 1e-10, 0.5, 1 - 2 ** -24, 1, 2];
    const rates = [Number.NaN, -1, 0, 1e-30, 1, 9.5, 10, 999, 1000, 1e5];
    const u = array([edges.length, 1], "float32", (i) => Math.fround(edges[i]!));
    check("poissonQuantile", [u, array([rates.length], "float32", (i) => Math.fround(rates[i]!))], {}, 0);
  });

  it("ends for rates beyond all counts", () => {
    const rate = array([3], "float32", (i) => [1e17, 1e30, Number.POSITIVE_INFINITY][i]!);
    const kernel = compile("poissonQuantile", [array([], "float32", () => 0.75), rate]);
    kernel.run();
    expect([...kernel.results()[0]!]).toEqual([1e17, 1e30, Number.POSITIVE_INFINITY].map(Math.fround));
  });
});
