// Uses the description of the resource API as a person does, in Chromium, and prints what it saw as JSON.
//   node pages.mjs BROWSER SERVER NAME PASSWORD CODE
import { chromium } from "playwright-core";

const [executablePath, server, name, password, code] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const context = await browser.newContext({ ignoreHTTPSErrors: true });

async function open(path, code) {
  const page = await context.newPage();
  page.on("pageerror", (error) => saw.errors.push(`${path}: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && saw.errors.push(`${path}: ${message.text()}`));
  await page.goto(server + path);
  await page.fill("[name=name]", name);
  await page.fill("[name=password]", password);
  if (code) await page.fill("[name=code]", code);
  await page.click("#login button");
  return page;
}

const saw = { errors: [] };
const docs = await open("/api/v1", code);
await docs.waitForSelector("body[data-signed-in]");
await docs.locator("#operations-tag-virtual_machines").click();
const operation = docs.locator(".opblock", { has: docs.locator('.opblock-summary-path[data-path="/api/v1/virtualization/computes"]') }).filter({ hasText: "POST" });
await operation.locator(".opblock-summary-control").click();
await operation.locator(".try-out__btn").click();
await operation.locator(".execute").click();
saw.created = await operation.locator(".live-responses-table tbody .response-col_status").first().innerText();

console.log(JSON.stringify(saw));
await browser.close();
