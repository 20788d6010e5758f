import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ElbowError } from "../errors.js";

/** The folder of this copy of Elbow. */
const home = resolve(fileURLToPath(new URL("../..", import.meta.url)));

/**
 * Two copies in one process do not know each other's tensors, and tfjs warns of hundreds of kernels before anything fails.
 *
 * @throws ElbowError "two-copies" where a module would import another copy of Elbow than this one
 */
export function refuseOtherCopy(file: string, path: string): void {
  const other = copyOf(path);
  if (other === undefined || other === realpathSync(home)) return;
  throw new ElbowError("two-copies", {
    message: `${file} imports another copy of Elbow than the one that runs this command\n  imported: ${other}\n  running:  ${home}`,
    hint: `Run the module's own: cd ${dirname(path)} && npx elbow …`,
  });
}

/** The copy that a module would import; undefined where it is not known. */
function copyOf(path: string): string | undefined {
  try {
    return realpathSync(dirname(createRequire(path).resolve("elbow/package.json")));
  } catch {
    return undefined;
  }
}
