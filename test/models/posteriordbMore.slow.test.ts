// More posteriors of posteriordb that are nearly normal: larger regressions, series, mixtures.
import { describe, it } from "vitest";
import { arK } from "../../models/posteriordb/arK.js";
import { arma11 } from "../../models/posteriordb/arma11.js";
import { gpRegr } from "../../models/posteriordb/gpRegr.js";
import { lowDimGaussMix } from "../../models/posteriordb/lowDimGaussMix.js";
import { nes } from "../../models/posteriordb/nes.js";
import { radonPooled } from "../../models/posteriordb/radonPooled.js";
import { sblrc, sblri } from "../../models/posteriordb/sblr.js";
import { wellsDae } from "../../models/posteriordb/wellsDae.js";
import { isReached, isThere } from "./posteriordb.js";

describe.skipIf(!isThere)("posteriordb, with the data of ../shared: more", () => {
  const all = [arK, arma11, gpRegr, lowDimGaussMix, nes, radonPooled, sblrc, sblri, wellsDae];
  it.each(all.map((each) => [each.name, each] as const))("%s", (_, each) => isReached(each));
});
