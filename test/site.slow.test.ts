// The documentation's site: it is built, its links lead somewhere, and a browser shows it without complaint.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { findChromium } from "./browser/chromium.js";
import { serve } from "./browser/server.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const executablePath = findChromium();

test("npm run site makes a site without broken links", { timeout: 300_000 }, () => {
  // fails where a link leads nowhere
  const printed = execFileSync("npm", ["run", "site"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  expect(printed).toMatch(/, 0 broken links/);
});

test.skipIf(!executablePath)("its pages are shown, and searched, without errors", { timeout: 120_000 }, async () => {
  const server = await serve(`${root}/site`, { isIsolated: false });
  // Chromium refuses to run its sandbox as root
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath: executablePath!, args });
  try {
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    tab.on("response", (response) => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`));

    await tab.goto(`${server.url}/`);
    expect(await tab.textContent("h1")).toContain("Elbow");
    // the navigation is made by the page's script
    await tab.locator(".tsd-navigation summary", { hasText: "Tutorial" }).click();
    await tab.getByRole("link", { name: "2. Eight schools" }).first().click();
    await tab
      .getByRole("heading", { name: /Eight schools/ })
      .first()
      .waitFor();
    await tab.goto(`${server.url}/functions/elbo.html`);
    await tab.getByText("evidence lower bound").first().waitFor();
    await tab.keyboard.press("/");
    await tab.keyboard.type("reinforce");
    await tab
      .getByRole("option", { name: /reinforce/ })
      .or(tab.locator("#tsd-search-results li"))
      .first()
      .waitFor();
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
    server.stop();
  }
});
