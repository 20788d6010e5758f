// Posteriors of posteriordb with correlations that matter, with skewed ones, and the funnel that no normal guide fits.
import { describe, expect, it } from "vitest";
import { eightSchoolsCentered, eightSchoolsNoncentered } from "../../models/posteriordb/eightSchools.js";
import { garch11 } from "../../models/posteriordb/garch11.js";
import { hmmExample } from "../../models/posteriordb/hmmExample.js";
import { lotkaVolterra } from "../../models/posteriordb/lotkaVolterra.js";
import { compared, isReached, isThere } from "./posteriordb.js";

describe.skipIf(!isThere)("posteriordb, with the data of ../shared: curved ones", () => {
  it.each([hmmExample, lotkaVolterra].map((each) => [each.name, each] as const))("%s", (_, each) => isReached(each));

  it("garch-garch11: correlations matter", async () => {
    await isReached(garch11);
    const { sdRatio } = await compared(garch11, "meanField");
    expect(sdRatio[0]).toBeLessThan(0.75);
  });

  it("the non-centred eight schools: within reach, with the skewness missed", async () => {
    const found = await compared(eightSchoolsNoncentered, "fullRank");
    expect(found.meanError).toBeLessThan(0.3);
    expect(found.sdRatio[0]).toBeGreaterThan(0.7);
    const { logEvidence, ...flow } = await compared(eightSchoolsNoncentered, "flowGuide");
    expect(logEvidence - flow.elbo).toBeLessThan(0.1);
    expect(flow.sdRatio[0]).toBeGreaterThan(0.85);
    // Laplace's approximation of a mode far from the mass, which k̂ tells
    const laplace = await compared(eightSchoolsNoncentered, "laplaceGuide");
    expect(laplace.khat).toBeGreaterThan(0.7);
    expect(laplace.meanError).toBeGreaterThan(1);
  });

  it("the centred eight schools: a funnel, which k̂ tells", async () => {
    for (const guide of ["meanField", "fullRank"] as const) {
      const found = await compared(eightSchoolsCentered, guide);
      expect(found.sdRatio[0]).toBeLessThan(0.6);
      expect(found.khat).toBeGreaterThan(0.7);
      expect(found.worth).toBeLessThan(0.1);
    }
  });
});
