import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { ElbowError } from "../errors.js";

/** The options of `elbow new` as commander reads them. */
export interface NewCommandOptions {
  readonly template: string;
  /** Where npm gets Elbow from. */
  readonly elbow?: string;
  /** False with --no-install. */
  readonly install: boolean;
  readonly json?: boolean;
}

/** What a project can start as. */
export const templates: Readonly<Record<string, string>> = {
  regression: "A straight line through stopping distances of cars, by variational inference with Elbow.",
  hierarchical: "Eight schools: effects that scatter around a common mean, by variational inference with Elbow.",
};

/** The package: the folder above dist/ or src/. */
const home = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Makes a project that runs at once. @throws ElbowError "new-project" for a folder that holds something already */
export async function newCommand(name: string, options: NewCommandOptions): Promise<void> {
  const { template, install, json } = options;
  if (!Object.hasOwn(templates, template))
    throw new ElbowError("option", {
      message: `there is no template "${template}"\n  templates: ${Object.keys(templates).join(", ")}`,
    });
  const folder = resolve(name);
  if (existsSync(folder) && (!statSync(folder).isDirectory() || readdirSync(folder).length > 0))
    throw new ElbowError("new-project", {
      message: `${folder} is there already, and not empty`,
      hint: "Give another name: nothing is overwritten.",
    });
  const packageName = nameOf(basename(folder));
  mkdirSync(folder, { recursive: true });
  const elbow =
    options.elbow === undefined ? installedFrom(folder) : { spec: options.elbow, isFolder: isFolder(options.elbow) };
  writeProject(folder, packageName, template, elbow);
  if (install) await npmInstall(folder, json ?? false);
  const shown = relative(process.cwd(), folder) || ".";
  const steps = [...(shown === "." ? [] : [`cd ${shown}`]), ...(install ? [] : ["npm install"]), "npm start"];
  process.stdout.write(
    json
      ? `${JSON.stringify({ folder, name: packageName, template, elbow: elbow.spec, isInstalled: install })}\n`
      : `${shown} is ready: ${steps.join(" && ")}\n`,
  );
}

/** A folder's name as npm wants it. */
const nameOf = (folder: string): string =>
  folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._~-]+/g, "-")
    .replace(/^[._-]+|-+$/g, "") || "model";

interface Source {
  readonly spec: string;
  /** Whether npm would link to it, so that its own dependencies would be found beside the project's. */
  readonly isFolder: boolean;
}

function isFolder(spec: string): boolean {
  const path = spec.replace(/^file:/, "");
  return existsSync(path) && statSync(path).isDirectory();
}

/**
 * Where this copy of Elbow came from: the registry, a tarball, or, where npm has not left word of it, its own folder. The name
 * alone may be another package's in a registry.
 */
function installedFrom(folder: string): Source {
  const { version } = manifest();
  const parent = dirname(dirname(home.replace(/[/\\]$/, "")));
  const lock = join(parent, "node_modules", ".package-lock.json");
  const isInstalled = dirname(home.replace(/[/\\]$/, "")).endsWith(`${sep}node_modules`);
  if (isInstalled && existsSync(lock)) {
    const { packages } = JSON.parse(readFileSync(lock, "utf8")) as {
      readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
    };
    const resolved = packages?.["node_modules/elbow"]?.resolved;
    if (resolved?.startsWith("http")) return { spec: `^${version}`, isFolder: false };
    const path = resolved?.startsWith("file:") ? resolve(parent, resolved.slice("file:".length)) : undefined;
    if (path !== undefined && existsSync(path)) return { spec: fileSpec(folder, path), isFolder: isFolder(path) };
  }
  return { spec: fileSpec(folder, home), isFolder: true };
}

/** A path as npm wants it in package.json: from the project, or whole where there is no way between them. */
function fileSpec(folder: string, path: string): string {
  const way = relative(folder, path);
  return `file:${(isAbsolute(way) ? path : way).replaceAll(sep, "/").replace(/\/$/, "")}`;
}

const manifest = (): Manifest => JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as Manifest;

function writeProject(folder: string, name: string, template: string, { spec, isFolder }: Source): void {
  const from = join(home, "templates");
  const { dependencies } = manifest();
  const project = {
    name,
    version: "0.1.0",
    private: true,
    description: templates[template],
    type: "module",
    scripts: {
      start: "elbow fit model.ts --out run && elbow report run",
      watch: "elbow fit model.ts --watch",
      test: "node --import tsx --test model.test.ts",
      // the compiler comes when it is asked for: it would be a third of what is installed, and editors have their own
      types: "npx --yes --package=typescript tsc",
    },
    // the very tfjs that Elbow uses: two copies would not know each other's tensors
    dependencies: {
      "@tensorflow/tfjs-core": dependencies["@tensorflow/tfjs-core"],
      elbow: spec,
      tsx: dependencies.tsx,
    },
    devDependencies: { "@types/node": "^20.19.0" },
  };
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  cpSync(join(from, template), folder, { recursive: true });
  cpSync(join(from, "tsconfig.json"), join(folder, "tsconfig.json"));
  const readme = readFileSync(join(from, "README.md"), "utf8");
  write("README.md", readme.replace("NAME", name).replace("TITLE", templates[template]!));
  write("package.json", `${JSON.stringify(project, undefined, 2)}\n`);
  write(".gitignore", "node_modules/\nrun/\n");
  // a link to a folder would bring a second copy of tfjs along
  if (isFolder) write(".npmrc", "install-links=true\n");
}

/** @throws ElbowError "new-project" if npm fails */
async function npmInstall(folder: string, isQuiet: boolean): Promise<void> {
  // where npx has brought this very command, npm's cache holds all that is needed: nothing is asked of the registry again
  const child = spawn("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", isQuiet ? "ignore" : "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  const code = await new Promise<number | string | null>((done) => {
    child.on("error", (error) => done(error.message));
    child.on("close", done);
  });
  if (code === 0) return;
  throw new ElbowError("new-project", {
    message: `npm install failed in ${folder} (${typeof code === "number" ? `exit code ${code}` : code})`,
    hint: "The files are there: run npm install again, or say with --elbow where npm gets Elbow from.",
  });
}
