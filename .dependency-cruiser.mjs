// Who may import whom, type-only imports included (`npm run layers`). To add a layer, add a row: a folder src/<name>/ or
// a file src/<name>.ts. A file under src/ that belongs to no row is an error.
const foundation = ["errors", "util"];
const core = [...foundation, "ir", "transforms", "runtime"];
const language = [...core, "ops", "distributions", "strategies", "dsl"];

const layers = {
  errors: ["util"],
  util: foundation,
  ir: [...foundation, "ir"],
  transforms: [...foundation, "ir", "transforms"],
  runtime: [...foundation, "ir", "runtime"],
  ops: [...core, "ops"],
  distributions: language,
  strategies: language,
  dsl: language,
  data: [...foundation, "runtime", "data"],
  inference: [...language, "inference"],
  report: [...language, "inference", "report"],
  index: [...language, "data", "inference", "report"],
  cli: [...language, "data", "inference", "report", "index", "cli"],
};

/** Optional peers: they need not be installed where the check runs. */
const optionalPeers = "^(@tensorflow/tfjs-(node|node-gpu|backend-webgl|backend-webgpu)|webgpu|apache-arrow)$";

const pathOf = (names) => `^src/(${names.join("|")})(/|\\.ts$)`;

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import only: ${allowed.join(", ") || "nothing of the project"}`,
  severity: "error",
  from: { path: pathOf([layer]) },
  to: { path: "^src/", ...(allowed.length > 0 && { pathNot: pathOf(allowed) }) },
}));

const listed = pathOf(Object.keys(layers));

export default {
  forbidden: [
    ...layerRules,
    {
      name: "no-circular",
      comment: "a circle of imports, or of types: move what both need below both",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "unlisted-layer",
      comment: "this file belongs to no layer: add a row to the table in .dependency-cruiser.mjs",
      severity: "error",
      from: { path: "^src/", pathNot: listed },
      to: {},
    },
    {
      name: "unlisted-layer-target",
      comment: "the imported file belongs to no layer: add a row to the table in .dependency-cruiser.mjs",
      severity: "error",
      from: {},
      to: { path: "^src/", pathNot: listed },
    },
    {
      name: "src-stands-alone",
      comment: "src may import packages and itself, not tests, models, benches or scripts",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|models|bench|scripts|playground|docs|dist)/" },
    },
    {
      name: "no-dev-dependency",
      comment: "a user's install has no devDependencies",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm"] },
    },
    {
      name: "large-packages-on-demand",
      comment: "what only some uses need is loaded when it is needed: await import(…)",
      severity: "error",
      from: { path: "^src/" },
      to: {
        path: "^node_modules/(@observablehq/plot|linkedom|@dagrejs/dagre|h5wasm)/",
        dynamic: false,
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "no-unlisted-package",
      comment: "the package is not in package.json",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "resolvable",
      comment: "the import leads nowhere",
      severity: "error",
      from: { path: "^src/" },
      to: { couldNotResolve: true, pathNot: optionalPeers },
    },
  ],
  options: {
    // TypeScript 7 has no compiler API for dependency-cruiser to use; swc reads the files instead.
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
