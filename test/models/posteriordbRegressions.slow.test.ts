// Regressions of posteriordb: nearly normal posteriors, which a normal guide must reach from where the prior says, whatever the units.
import { describe, it } from "vitest";
import { earnHeight, logearnHeight } from "../../models/posteriordb/earnings.js";
import {
  kidscoreInteraction,
  kidscoreMomhs,
  kidscoreMomhsiq,
  kidscoreMomiq,
} from "../../models/posteriordb/kidscore.js";
import { kilpisjarvi } from "../../models/posteriordb/kilpisjarvi.js";
import { logmesquite, logmesquiteLogvolume } from "../../models/posteriordb/mesquite.js";
import { isReached, isThere } from "./posteriordb.js";

describe.skipIf(!isThere)("posteriordb, with the data of ../shared: regressions", () => {
  const all = [
    earnHeight,
    logearnHeight,
    kidscoreInteraction,
    kidscoreMomhs,
    kidscoreMomhsiq,
    kidscoreMomiq,
    kilpisjarvi,
    logmesquite,
    logmesquiteLogvolume,
  ];
  it.each(all.map((each) => [each.name, each] as const))("%s", (_, each) => isReached(each));
});
