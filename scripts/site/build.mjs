// The documentation as a site (`npm run site`): README.md, the pages of docs/ and the API of src/index.ts become site/, with
// navigation and search. Exits with 1 if a link leads nowhere.
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Application, Converter } from "typedoc";
import { brokenLinks } from "./links.mjs";

const root = resolve(import.meta.dirname, "../..");
const out = join(root, "site");

const pagesIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .sort()
    .map((file) => `${folder}/${file}`);

/** What the navigation shows, in order. */
const groups = {
  Tutorial: ["docs/tutorial/README.md", ...pagesIn("docs/tutorial")],
  "How to": ["docs/howto/README.md", ...pagesIn("docs/howto")],
  "Coming from": ["docs/migration/README.md", ...pagesIn("docs/migration")],
  Pages: ["docs/README.md", ...pagesIn("docs")],
  Decisions: ["docs/decisions/README.md", ...pagesIn("docs/decisions")],
};
const pages = Object.entries(groups).flatMap(([group, files]) => files.map((file) => ({ group, file })));

const app = await Application.bootstrap({
  name: "Elbow",
  entryPoints: [join(root, "src/index.ts")],
  alwaysCreateEntryPointModule: false,
  tsconfig: join(root, "tsconfig.json"),
  basePath: root,
  out,
  readme: join(root, "README.md"),
  projectDocuments: pages.map(({ file }) => join(root, file)),
  // npm run types checks them, with the compiler that Elbow is written for
  skipErrorChecking: true,
  disableGit: true,
  disableSources: true,
  excludeInternal: true,
  validation: { notExported: false, invalidLink: true, invalidPath: true, notDocumented: false },
  sort: ["documents-first", "alphabetical-ignoring-documents"],
  groupOrder: [...Object.keys(groups), "Functions", "Variables", "Interfaces", "Type Aliases", "Classes", "*"],
  navigation: { includeGroups: true, includeFolders: false },
  highlightLanguages: ["bash", "html", "javascript", "json", "python", "sh", "typescript"],
  searchInComments: true,
  searchInDocuments: true,
  hideGenerator: true,
  favicon: join(import.meta.dirname, "favicon.svg"),
  headings: { readme: false, document: false },
});

let made = 0;
app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
  const { group } = pages[made++];
  page.frontmatter.group = group;
  const text = page.content.map((part) => part.text).join("");
  const [, title] = /^# (.*)$/m.exec(text) ?? [];
  // "1. A coin: model, guide, fit" is "1. A coin" in the navigation
  page.name = (title ?? page.name).split(/:(?= )/)[0].replaceAll("`", "");
  for (const part of page.content) part.text = part.text.replaceAll(/^```ts (?:continue|no-run).*$/gm, "```ts");
});

const project = await app.convert();
if (!project) process.exit(1);
await app.generateDocs(project, out);

const broken = brokenLinks(out);
for (const { page, link } of broken) console.error(`${page}: ${link} leads nowhere`);
console.log(`site/index.html: ${pages.length + 1} pages and the API, ${broken.length} broken links`);
process.exit(broken.length === 0 && !app.logger.hasErrors() ? 0 : 1);
