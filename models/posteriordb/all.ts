// All posteriors of posteriordb that are here.
import { arK } from "./arK.js";
import { arma11 } from "./arma11.js";
import { earnHeight, logearnHeight } from "./earnings.js";
import { eightSchoolsCentered, eightSchoolsNoncentered } from "./eightSchools.js";
import { garch11 } from "./garch11.js";
import { gpRegr } from "./gpRegr.js";
import { hmmExample } from "./hmmExample.js";
import { kidscoreInteraction, kidscoreMomhs, kidscoreMomhsiq, kidscoreMomiq } from "./kidscore.js";
import { kilpisjarvi } from "./kilpisjarvi.js";
import { lotkaVolterra } from "./lotkaVolterra.js";
import { lowDimGaussMix } from "./lowDimGaussMix.js";
import { logmesquite, logmesquiteLogvolume } from "./mesquite.js";
import { nes } from "./nes.js";
import { radonPooled } from "./radonPooled.js";
import { sblrc, sblri } from "./sblr.js";
import type { Posterior } from "./support/posterior.js";
import { wellsDae } from "./wellsDae.js";

export const posteriors: readonly Posterior[] = [
  arK,
  arma11,
  earnHeight,
  logearnHeight,
  eightSchoolsCentered,
  eightSchoolsNoncentered,
  garch11,
  gpRegr,
  hmmExample,
  kidscoreInteraction,
  kidscoreMomhs,
  kidscoreMomhsiq,
  kidscoreMomiq,
  kilpisjarvi,
  logmesquite,
  logmesquiteLogvolume,
  lotkaVolterra,
  lowDimGaussMix,
  nes,
  radonPooled,
  sblrc,
  sblri,
  wellsDae,
];
