// What the scripts that use the web UI have in common: a browser, and a list of all that went wrong in it.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

/** What is printed in the end: errors, what axe calls serious or critical, all requests and those that were refused, what the feed told, and what a script adds. */
export const saw = { errors: [], refused: [], axe: [], requests: [], pages: [], controls: [], told: [] };

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser, page, pictures;

/** Opens a page, and tells what the script was called with: BROWSER SERVER NAME PASSWORD [FOLDER for pictures]. */
export async function begin(options = {}) {
  const [executablePath, server, name, password, folder] = process.argv.slice(2);
  pictures = folder;
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: "en", ...options });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => saw.errors.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) saw.errors.push(`${page.url()}: ${message.text()}`);
  });
  page.on("response", (response) => {
    const request = response.request();
    const { origin, pathname, search } = new URL(response.url());
    saw.requests.push({ method: request.method(), path: pathname, query: search, status: response.status(), elsewhere: origin !== server });
  });
  page.on("websocket", (socket) => {
    if (new URL(socket.url()).pathname === "/api/sys/feed") socket.on("framereceived", ({ payload }) => saw.told.push(JSON.parse(payload).event));
  });
  return { page, server, name, password };
}

/** Has axe judge the page as it is now, in both themes. */
export async function look(what) {
  saw.pages.push(what);
  for (const theme of ["light", "dark"]) {
    await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
    // Not as a script of the page, which its policy forbids.
    const violations = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)`);
    for (const { id, impact, nodes } of violations)
      if (impact === "serious" || impact === "critical") saw.axe.push(`${what}, ${theme}: ${id}: ${nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
    if (pictures) await page.screenshot({ path: `${pictures}/${what.replaceAll(/\W+/g, "-")}-${theme}.png` });
  }
}

/** Does one step; its failure is noted, and ends the script. */
export async function step(what, act) {
  try {
    await act();
  } catch (error) {
    saw.errors.push(`${what}, at ${page.url()}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
    if (pictures) await page.screenshot({ path: `${pictures}/failed.png` });
    throw error;
  }
}

/** Waits for a page by its heading. */
export const heading = (name) => page.getByRole("heading", { name, level: 1, exact: true }).waitFor();

export async function signIn(name, password) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Goes to an address without loading the page anew. */
export async function open(path) {
  await page.evaluate((path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
}

/** The pages in the navigation: address and words. */
export const links = () => page.evaluate(() => [...document.querySelectorAll("nav.side a")].map((a) => [a.getAttribute("href"), a.textContent]));

/** Prints what was seen. */
export async function end() {
  saw.refused = saw.requests.filter((r) => r.status === 403 || r.status >= 500).map((r) => `${r.status} ${r.method} ${r.path}${r.query}`);
  console.log(JSON.stringify(saw));
  await browser.close();
}
