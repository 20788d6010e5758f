import { prepareFirst } from "../inference/prepareFirst.js";
import { profileStep, type StepProfile } from "../inference/profileStep.js";
import { formatSites } from "../report/siteTable.js";
import { formatStepProfile } from "../report/stepTable.js";
import type { SiteReport } from "../transforms/estimate/estimate.js";
import { loadModule } from "./loadModule.js";
import { readModelModule } from "./modelModule.js";

/** The options of `elbow explain` as commander reads them. */
export interface ExplainCommandOptions {
  readonly cost?: boolean;
  readonly engine?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Says what the estimator makes of a module's objective and, with `cost`, where the time of a step goes. */
export async function explainCommand(file: string, options: ExplainCommandOptions): Promise<void> {
  const { cost, json, ...choice } = options;
  // stdout belongs to the JSON: what the user's module logs goes to stderr
  if (json) console.log = console.info = console.debug = console.error;
  const { objective, parameters, data, fit } = readModelModule(file, await loadModule(file));
  const settings = { parameters, data, ...fit, ...choice };
  if (cost) {
    const profile = await profileStep(objective, settings);
    process.stdout.write(json ? `${JSON.stringify(plainProfile(profile))}\n` : textOf(profile.sites, profile));
    return;
  }
  const { sites } = await prepareFirst(objective, settings);
  process.stdout.write(json ? `${JSON.stringify({ sites: sites.map(plainSite) })}\n` : textOf(sites));
}

const textOf = (sites: readonly SiteReport[], profile?: StepProfile): string =>
  `${[formatSites(sites), ...(profile ? [formatStepProfile(profile)] : [])].join("\n")}\n`;

const plainSite = ({ strategy, kink, ...site }: SiteReport) => ({
  ...site,
  strategy: strategy.name,
  isUnbiased: strategy.isUnbiased,
  kink: kink && { operation: kink.primitive.name, source: kink.source?.line },
});

const plainProfile = (profile: StepProfile) => ({ ...profile, sites: profile.sites.map(plainSite) });
