/**
 * Packs what `bench/gpu/main.ts` needs into one archive, for a machine with a GPU and no network: Node itself, the sources, the
 * packages they use, and a Vulkan loader.
 *
 *   npx tsx bench/gpu/pack.ts [elbow-gpu.tar.xz]
 *
 * There: `tar xf elbow-gpu.tar.xz && elbow-gpu/run.sh [options of bench/gpu/main.ts]`. NVIDIA's driver must bring its Vulkan part.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What the run needs beside the project's own dependencies. */
const extra = ["webgpu", "mnist", "fast-png", "fast-check", "vitest"];
const sources = ["package.json", "tsconfig.json", "vitest.config.ts", "src", "models", "bench", "test"];
/** The loader, and what NVIDIA's driver links to. */
const libraries = ["libvulkan1", "libx11-6", "libxext6", "libxcb1", "libxau6", "libxdmcp6", "libbsd0", "libmd0"];
const mostMiB = 60;

const root = resolve(import.meta.dirname, "../..");
const archive = resolve(process.argv[2] ?? "elbow-gpu.tar.xz");

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}
const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** The folders of packages and of all that they need, as far as it is installed. */
function installed(names: readonly string[]): Set<string> {
  const folders = new Set<string>();
  const visit = (name: string, from: string): void => {
    // nearest node_modules first
    for (let at = from; ; at = resolve(at, "..")) {
      const folder = join(at, "node_modules", name);
      if (existsSync(join(folder, "package.json"))) {
        if (folders.has(folder)) return;
        folders.add(folder);
        const { dependencies, optionalDependencies, peerDependencies } = manifestOf(folder);
        for (const each of Object.keys({ ...peerDependencies, ...dependencies, ...optionalDependencies }))
          visit(each, folder);
        return;
      }
      if (at === root) return;
    }
  };
  for (const name of names) visit(name, root);
  return folders;
}

/** Unpacks Debian packages' shared libraries; says so where they cannot be had. */
function addLibraries(to: string): void {
  const downloads = mkdtempSync(join(tmpdir(), "elbow-debs-"));
  try {
    execFileSync("apt-get", ["download", ...libraries], { cwd: downloads, stdio: "ignore" });
    const unpacked = join(downloads, "all");
    for (const file of readdirSync(downloads).filter((name) => name.endsWith(".deb")))
      execFileSync("dpkg", ["-x", join(downloads, file), unpacked]);
    mkdirSync(to);
    execFileSync("sh", ["-c", `find "${unpacked}" -name '*.so*' -exec cp -P {} "${to}" \\;`]);
  } catch {
    console.error("without a Vulkan loader: Debian's packages cannot be had here");
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}

const run = `#!/bin/sh
# Everything of bench/gpu/main.ts, with what lies beside this file.
cd "$(dirname "$0")" || exit 1
export LD_LIBRARY_PATH="$PWD/lib:$LD_LIBRARY_PATH" PATH="$PWD:$PATH"
for driver in /usr/share/vulkan/icd.d /etc/vulkan/icd.d /usr/local/nvidia/share/vulkan/icd.d; do
  if [ -z "$VK_DRIVER_FILES" ] && [ -f "$driver/nvidia_icd.json" ]; then export VK_DRIVER_FILES="$driver/nvidia_icd.json"; fi
done
exec ./node --import tsx bench/gpu/main.ts "$@"
`;

const work = mkdtempSync(join(tmpdir(), "elbow-gpu-"));
try {
  const folder = join(work, "elbow-gpu");
  mkdirSync(folder);
  for (const each of sources) cpSync(join(root, each), join(folder, each), { recursive: true });
  rmSync(join(folder, "models/out"), { recursive: true, force: true });
  const { dependencies = {} } = manifestOf(root);
  for (const each of installed([...Object.keys(dependencies), ...extra])) {
    const to = join(folder, each.slice(root.length + 1));
    // sources, other module formats and types are half of some packages
    // and the package webgpu holds the binaries of all platforms
    const isNeeded = (file: string): boolean =>
      (!/\/webgpu\/dist\/./.test(file) || file.includes(`/webgpu/dist/${process.platform}-${process.arch}`)) &&
      !/(\.(map|d\.ts|d\.mts|d\.cts|md)|_test\.js)$/.test(file) &&
      !/tfjs-[a-z-]+\/(src|dist\/.*(fesm|min\.js))/.test(file);
    cpSync(each, to, { recursive: true, dereference: true, filter: isNeeded });
  }
  cpSync(process.execPath, join(folder, "node"));
  execFileSync("strip", [join(folder, "node")]);
  addLibraries(join(folder, "lib"));
  writeFileSync(join(folder, "run.sh"), run);
  chmodSync(join(folder, "run.sh"), 0o755);
  execFileSync("tar", ["-C", work, "-cJf", archive, "elbow-gpu"], { env: { ...process.env, XZ_OPT: "-6 -T0" } });
  const size = statSync(archive).size / 2 ** 20;
  console.log(`${archive}: ${size.toFixed(1)} MiB`);
  if (size > mostMiB) {
    console.error(`it should be ${mostMiB} MiB at most`);
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
