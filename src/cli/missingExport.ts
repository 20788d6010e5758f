import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ElbowError } from "../errors.js";
import * as elbow from "../index.js";
import { nearestTo } from "../util/nearest.js";

const refusal = /^The requested module '(.+)' does not provide an export named '(.+)'/;

/** Node's error about a name that a module does not export, with the user's line and the nearest name; other errors as they are. */
export function explainMissingExport(error: unknown): unknown {
  if (!(error instanceof SyntaxError)) return error;
  const [, module, name] = refusal.exec(error.message) ?? [];
  if (module === undefined || name === undefined) return error;
  const place = /^(.+:\d+)\n/.exec(error.stack ?? "")?.[1];
  const path = place?.startsWith("file:") ? fileURLToPath(place) : place;
  const nearest = module === "elbow" ? nearestTo(name, Object.keys(elbow)) : undefined;
  return new ElbowError("model-import", {
    message: `"${module}" exports no "${name}"`,
    hint:
      nearest === undefined
        ? module === "elbow"
          ? "Names are in node_modules/elbow/docs/, those of Pyro and NumPyro beside Elbow's in docs/migration/."
          : undefined
        : `Did you mean "${nearest}"?`,
    at: { source: path && relative(process.cwd(), path) },
    cause: error,
  });
}
