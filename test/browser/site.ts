// The pages that the tests open: Elbow's packed files, bundled as a user would, or each file served as it is.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";

const root = resolve(import.meta.dirname, "../..");
const nodeModules = dirname(dirname(createRequire(import.meta.url).resolve("typescript/package.json")));

/** How the program comes to the page. */
export const deliveries = ["bundled", "minified", "split", "served"] as const;
export type Delivery = (typeof deliveries)[number];

/** Packages as one file each, since browsers do not know node_modules, with what Elbow wants of them. */
const packages = {
  "@tensorflow/tfjs-core": "*",
  "@tensorflow/tfjs-backend-cpu": "*",
  immer: "*",
  "console-table-printer": "{ Table }",
};

const programs = { page: join(root, "test/browser/page.ts"), worker: join(root, "test/browser/worker.ts") };
/** What the programs are made of, besides packages. */
const modules = [
  ...Object.values(programs),
  ...["codeOf", "fits", "places", "recordModules"].map((name) => join(root, "test/browser", `${name}.ts`)),
  ...["eightSchools", "support/gallery"].map((name) => join(root, "models", `${name}.ts`)),
];

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2023",
  sourcemap: "external",
  logLevel: "silent",
  // only a model that is started from a command line asks for it
  external: ["node:url"],
};

/** Builds a folder for every delivery, with an index.html. A warning of the bundler about Elbow is an error. */
export async function buildSite(wanted: readonly Delivery[] = deliveries): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "elbow-site-"));
  const at = (...names: string[]) => join(folder, ...names);
  try {
    compileElbow(at("elbow"));
    // that Elbow lies outside node_modules: esbuild shows no warnings about what lies inside
    const options = { ...common, alias: { elbow: at("elbow/dist/index.js") }, nodePaths: [nodeModules] };
    const bundle = async (delivery: Delivery, how: BuildOptions) => {
      const { warnings } = await build({ ...options, entryPoints: programs, outdir: at(delivery), ...how });
      if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join("\n"));
      writeFileSync(at(delivery, "index.html"), html("page.js"));
    };
    const serveFiles = async () => {
      const entryPoints = modules;
      await build({ ...common, bundle: false, external: [], entryPoints, outbase: root, outdir: at("served") });
      for (const [name, exports] of Object.entries(packages)) {
        const stdin = { contents: `export ${exports} from "${name}"`, resolveDir: root };
        const external = Object.keys(packages).filter((other) => other !== name);
        await build({ ...common, stdin, external, outfile: at("packages", `${name}.js`) });
      }
      writeFileSync(at("served", "index.html"), html("test/browser/page.js", importMap));
    };
    const builders: Record<Delivery, () => Promise<void>> = {
      bundled: () => bundle("bundled", {}),
      minified: () => bundle("minified", { minify: true }),
      // a third program of tfjs alone makes the bundler put it into a file of its own
      split: () =>
        bundle("split", {
          splitting: true,
          minify: true,
          entryPoints: { ...programs, tfjs: "@tensorflow/tfjs-core" },
        }),
      served: serveFiles,
    };
    for (const delivery of wanted) await builders[delivery]();
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Adds a page of Elbow's sources, which can reach what the package does not export, to a folder. */
export async function addSourcePage(folder: string, name: string, program: string): Promise<void> {
  await build({
    ...common,
    entryPoints: { page: join(root, program) },
    alias: { elbow: join(root, "src/index.ts") },
    outdir: join(folder, name),
    // packages for Node that Elbow loads only there
    external: ["node:*"],
  });
  writeFileSync(join(folder, name, "index.html"), html("page.js"));
}

function compileElbow(folder: string): void {
  const compiler = join(nodeModules, "typescript", "bin", "tsc");
  const args = [compiler, "-p", "tsconfig.build.json", "--outDir", join(folder, "dist")];
  try {
    execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    throw new Error(`Elbow does not compile\n${(error as { stdout?: string }).stdout}`, { cause: error });
  }
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
}

const importMap = {
  elbow: "/elbow/dist/index.js",
  ...Object.fromEntries(Object.keys(packages).map((name) => [name, `/packages/${name}.js`])),
};

const html = (program: string, imports: object = {}): string => `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="${program}"></script>
`;
