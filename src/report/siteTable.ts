import { Table } from "console-table-printer";
import type { SavedSite } from "../inference/results/savedFit.js";
import { checkArray, checkObject } from "../util/expected.js";

/** What the estimator decided about every random choice, as a table without colours. */
export function formatSites(sites: readonly SavedSite[]): string {
  checkArray("formatSites", "the sites", sites, "Write formatSites(fitted.sites), of what fit resolves to.");
  for (const site of sites)
    checkObject(
      "formatSites",
      "a site",
      site,
      ["address", "strategy"],
      "Write formatSites(fitted.sites), of what fit resolves to.",
    );
  if (sites.length === 0) return "no random choices";
  const table = new Table({
    shouldDisableColors: true,
    columns: ["address", "distribution", "strategy", "lanes", "independent along", "line"].map((name) => ({
      name,
      alignment: name === "lanes" ? "right" : "left",
    })),
  });
  for (const { address, family, strategy, isDefault, lanes, isMixed, source } of sites)
    table.addRow({
      address,
      distribution: family,
      strategy: `${strategy.name}${isDefault ? " (default)" : ""}${strategy.isUnbiased ? "" : ", biased"}`,
      lanes,
      "independent along": isMixed.flatMap((isMixedAxis, axis) => (isMixedAxis ? [] : [`axis ${axis}`])).join(", "),
      line: source ?? "",
    });
  return table.render();
}
