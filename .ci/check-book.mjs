#!/usr/bin/env node
// Opens every page of target/book in Chromium, at desktop and phone width, in the light and the dark theme.
//
// usage: check-book.mjs [--screenshots FOLDER] [PAGE...]
//
// Fails on errors and warnings in the console, failed requests, requests to another host, diagrams that are not drawn, images and
// diagrams without a text alternative, pages that scroll horizontally, axe-core's serious and critical violations, and a search
// that finds nothing. PAGE is a path such as reference/errors.html; without one, every page is opened.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const require = createRequire(import.meta.url); // finds packages in NODE_PATH, as import does not
const { chromium } = require("playwright-core");

const BOOK = resolve(dirname(fileURLToPath(import.meta.url)), "../target/book");
const BROWSERS = ["chromium", "google-chrome", "chrome"];
// Each size begins in another theme and changes to the other one, so that every theme is seen at the start and after a change.
const SIZES = [
  { name: "desktop", viewport: { width: 1280, height: 800 }, themes: ["light", "dark"] },
  { name: "phone", viewport: { width: 360, height: 740 }, themes: ["dark", "light"] },
];
const CLASSES = { light: "light", dark: "navy" }; // default-theme and preferred-dark-theme in docs/book.toml
const MISSING = "how-to/no-such-page.html";
const SEARCH = { word: "GrantMismatch", page: "reference/errors.html" };
// Violations in mdBook's own template: the toggle is a label of a hidden checkbox, with attributes that fit a button; the search
// field has no label but a placeholder.
const ALLOWED = [
  ["aria-allowed-attr", "#mdbook-sidebar-toggle"],
  ["aria-prohibited-attr", "#mdbook-sidebar-toggle"],
  ["label-title-only", "#mdbook-searchbar"],
];
const SCROLLABLE = "pre > code, pre.mermaid, .table-wrapper";
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const { values: options, positionals } = parseArgs({ options: { screenshots: { type: "string" } }, allowPositionals: true });
const faults = new Set();

/** Serves target/book as GitHub Pages does: a path that does not exist is answered with 404.html. */
function serve() {
  const server = createServer((request, response) => {
    const path = join(BOOK, decodeURIComponent(new URL(request.url, "http://book").pathname));
    const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "index.html") : path;
    const found = file.startsWith(BOOK) && existsSync(file);
    response.writeHead(found ? 200 : 404, { "content-type": found ? (TYPES[extname(file)] ?? "text/plain") : TYPES[".html"] });
    response.end(readFileSync(found ? file : join(BOOK, "404.html")));
  });
  return new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(server)));
}

function browserPath() {
  const folders = process.env.PATH.split(delimiter);
  const path = BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
  if (!path) throw new Error(`none of these is on the PATH: ${BROWSERS.join(", ")}; .ci/tools chromium installs one`);
  return path;
}

/** Adds each error that the browser reports to the faults. */
function watch(page, origin, place) {
  page.on("console", (message) => {
    const expected = message.location().url.endsWith(MISSING); // the browser reports the status 404
    if (["error", "warning"].includes(message.type()) && !expected) fault(place(), `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => fault(place(), `script: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && url.origin !== origin) fault(place(), `request to ${url.origin}`);
  });
  page.on("requestfailed", (request) => {
    const { errorText } = request.failure();
    // A change of the theme aborts the request of the other theme's stylesheet.
    if (errorText !== "net::ERR_ABORTED") fault(place(), `${errorText}: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && !response.url().endsWith(MISSING)) fault(place(), `${response.status()}: ${response.url()}`);
  });
}

function fault(place, text) {
  faults.add(`${place}: ${text.replace(/\s+/g, " ")}`);
}

/** Waits until the theme is in effect and each diagram is drawn in it. */
async function settled(page, theme, place) {
  const drawn = (name) =>
    document.documentElement.classList.contains(name) &&
    [...document.querySelectorAll("pre.mermaid")].every((diagram) => diagram.querySelector("svg[aria-roledescription]"));
  await page
    .waitForFunction(drawn, CLASSES[theme], { timeout: 10_000 })
    .catch(() => fault(place, "a diagram is not drawn, or the theme is not in effect"));
  await page.evaluate(() => document.fonts.ready);
}

/** Runs in the page. SCROLLABLE may scroll horizontally. */
function look(scrollable) {
  const found = [];
  for (const image of document.querySelectorAll("img")) {
    if (!image.alt.trim()) found.push(`no alternative text: ${image.src}`);
    if (image.naturalWidth === 0) found.push(`image is not drawn: ${image.src}`);
  }
  for (const diagram of document.querySelectorAll("pre.mermaid")) {
    const name = diagram.textContent.trim().slice(0, 40);
    if (diagram.querySelector("[aria-roledescription=error]") || diagram.textContent.includes("Syntax error in text")) {
      found.push("a diagram has a syntax error");
    } else if (!diagram.querySelector("svg[aria-labelledby]")) found.push(`a diagram has no accTitle: ${name}`);
  }
  if (document.querySelector("code.language-mermaid")) found.push("a diagram is shown as code");
  const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX) || element.matches("html");
  for (const element of document.querySelectorAll("*")) {
    if (element.scrollWidth > element.clientWidth && scrolls(element) && !element.matches(scrollable)) {
      const right = element.getBoundingClientRect().left + element.clientWidth;
      const isWide = (part) => part.getBoundingClientRect().right > right && !part.parentElement.closest(scrollable);
      const wide = [...element.querySelectorAll("*")].findLast(isWide);
      const excess = element.scrollWidth - element.clientWidth;
      found.push(`scrolls horizontally by ${excess} px: ${(wide ?? element).outerHTML.slice(0, 150)}`);
    }
  }
  return found;
}

/** Runs axe-core in the page. */
async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => ({ id, element: target.join(" "), failureSummary })))
    .filter(({ id, element }) => !ALLOWED.some(([rule, selector]) => id === rule && element === selector))
    .map(({ id, element, failureSummary }) => `${id}: ${element}: ${failureSummary}`);
}

async function checkPage(page, path, size, set) {
  for (const theme of size.themes) {
    const place = set(`${path} (${size.name}, ${theme})`);
    await page.emulateMedia({ colorScheme: theme });
    if (theme === size.themes[0]) await page.goto(path, { waitUntil: "load" });
    await settled(page, theme, place);
    let found = await page.evaluate(look, SCROLLABLE);
    if (found.length > 0) {
      await page.waitForTimeout(1000); // the layout may not be final on a busy machine
      found = await page.evaluate(look, SCROLLABLE);
    }
    for (const text of [...found, ...(await violations(page))]) fault(place, text);
    if (options.screenshots) {
      const name = `${path.replace(/\.html$/, "").replaceAll("/", "-")}-${size.name}-${theme}.png`;
      await page.screenshot({ path: join(options.screenshots, name), fullPage: true });
    }
  }
}

/** Searches for a word as a reader does, and opens the first result. */
async function checkSearch(page, size, set) {
  const place = set(`search (${size.name})`);
  await page.goto("index.html");
  await page.click("#mdbook-search-toggle");
  await page.locator("#mdbook-searchbar").pressSequentially(SEARCH.word);
  const first = page.locator("#mdbook-searchresults a").first();
  await first.waitFor({ timeout: 10_000 }).catch(() => fault(place, `${SEARCH.word} is not found`));
  if ((await first.count()) === 0) return;
  for (const text of await violations(page)) fault(place, text);
  if (options.screenshots) await page.screenshot({ path: join(options.screenshots, `search-${size.name}.png`) });
  await first.click();
  await page.waitForURL(`**/${SEARCH.page}*`, { timeout: 10_000 }).catch(() => fault(place, `opens ${page.url()}`));
  if (!(await page.locator("main").textContent()).includes(SEARCH.word)) fault(place, `${page.url()} has no ${SEARCH.word}`);
}

async function checkSize(browser, origin, size, paths) {
  const context = await browser.newContext({ baseURL: `${origin}/`, viewport: size.viewport, reducedMotion: "reduce" });
  const page = await context.newPage();
  let place;
  const set = (text) => (place = text);
  watch(page, origin, () => place);
  for (const path of paths) await checkPage(page, path, size, set);
  await checkSearch(page, size, set);
  await context.close();
}

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const pages = readdirSync(BOOK, { recursive: true }).filter((path) => path.endsWith(".html") && path !== "toc.html").sort();
const paths = positionals.length > 0 ? positionals : [...pages, MISSING];
if (options.screenshots) mkdirSync(options.screenshots, { recursive: true });
const server = await serve();
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: browserPath(),
  args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
try {
  await Promise.all(SIZES.map((size) => checkSize(browser, origin, size, paths)));
  console.log(`${paths.length} pages in ${await browser.version()}, ${faults.size} faults`);
} finally {
  await browser.close();
  server.close();
}
if (faults.size > 0) {
  console.error([...faults].join("\n"));
  process.exitCode = 1;
}
