// Uses the web UI as a person does, in Chromium, and prints what it saw as JSON: what went wrong, what axe says of each page in both themes, all requests.
//   node ui.mjs BROWSER SERVER NAME PASSWORD [FOLDER for pictures]
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [executablePath, server, name, password, pictures] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } });
const saw = { errors: [], refused: [], axe: [], requests: [], pages: [] };
const page = await context.newPage();
page.setDefaultTimeout(20_000);
page.on("pageerror", (error) => saw.errors.push(`${page.url()}: ${error.message}`));
page.on("console", (message) => {
  if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) saw.errors.push(`${page.url()}: ${message.text()}`);
});
page.on("response", (response) => {
  const request = response.request();
  const { origin, pathname, search } = new URL(response.url());
  saw.requests.push({ method: request.method(), path: pathname, query: search, status: response.status(), elsewhere: origin !== server });
});

// The page as it is now: judged in both themes, and without a control that nothing tells the name of.
async function look(what) {
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

const step = async (what, act) => {
  try {
    await act();
  } catch (error) {
    saw.errors.push(`${what}, at ${page.url()}: ${error.message.split("\n")[0]}`);
    if (pictures) await page.screenshot({ path: `${pictures}/failed.png` });
    throw error;
  }
};

const heading = (name) => page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
const open = async (path) => {
  await page.evaluate((path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
};

try {
  await step("sign in", async () => {
    await page.goto(`${server}/vms`);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").filter({ hasText: /./ }).waitFor();
    await look("sign in");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await heading("Virtual machines");
  });
  await step("make a VM", async () => {
    await page.getByRole("link", { name: "New: VM" }).click();
    await heading("New virtual machine");
    await page.getByLabel("Name").fill("no good !");
    await page.getByLabel("RAM").fill("512");
    await page.getByLabel("Start it").uncheck();
    await look("new VM");
    await page.getByLabel("Name").fill("made-by-hand");
    await page.getByRole("button", { name: "Create" }).click();
    await heading("made-by-hand");
    await page.getByText("512 MiB").waitFor();
    await look("VM");
  });
  await step("its drives", async () => {
    await page.getByRole("link", { name: "Drives" }).click();
    await page.getByRole("rowheader", { name: "disk" }).waitFor();
    await look("drives of a VM");
  });
  await step("change it", async () => {
    await page.getByRole("link", { name: "Change" }).click();
    await heading("Change made-by-hand");
    await look("change a VM");
    await page.getByLabel("CPU cores").fill("0");
    await page.$eval("form", (form) => (form.noValidate = true));
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".field.wrong .error").filter({ hasText: /0/ }).waitFor();
    await page.getByLabel("CPU cores").fill("2");
    await page.getByRole("button", { name: "What will change?" }).click();
    await page.getByText(/cpu_cores/).waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await heading("made-by-hand");
  });
  await step("find it", async () => {
    await page.getByRole("link", { name: "Virtual machines", exact: true }).first().click();
    await heading("Virtual machines");
    await page.getByRole("searchbox").fill("by-hand");
    await page.getByText("1 row", { exact: true }).waitFor();
    await page.getByRole("searchbox").fill("cpu_cores eq 3");
    await page.getByText("No row matches.").waitFor();
    await page.getByRole("searchbox").fill("nonsense eq 1");
    await page.getByRole("alert").waitFor();
    await page.getByRole("searchbox").fill("");
    await page.getByRole("rowheader", { name: "made-by-hand" }).waitFor();
    await look("VMs");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("textbox").fill("made-by");
    await page.getByRole("dialog").getByRole("link", { name: "made-by-hand" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
  await step("go back and forth", async () => {
    await page.goBack();
    await heading("made-by-hand");
    await page.goForward();
    await heading("Virtual machines");
  });
  // Every table has a list, and a form where rows can be made.
  const tables = await page.evaluate(() => [...document.querySelectorAll("nav.side a")].map((a) => [a.getAttribute("href"), a.textContent]));
  for (const [path, title] of tables.filter(([p]) => p !== "/" && p !== "/vms")) {
    await step(`the page ${path}`, async () => {
      await open(path);
      await heading(title);
      await page.locator("main .scroll, main .empty, main ul").first().waitFor();
      const make = page.getByRole("link", { name: /^New: / });
      if (path !== "/documents") await page.locator("#q-said").filter({ hasText: /row/ }).waitFor();
      if (await make.count()) {
        await make.first().click();
        await page.locator("main form.form").waitFor();
        await page.getByRole("button", { name: "Cancel" }).click();
      }
    });
  }
  for (const path of ["/", "/users", "/vnets", "/vnets/new", "/nodes/1", "/logs", "/documents"]) {
    await step(path, async () => {
      await open(path);
      await page.locator("main h1").waitFor();
      await page.locator("main .scroll, main .empty, main form, main dl, main ul").first().waitFor();
      await look(path);
    });
  }
  await step("delete the VM", async () => {
    await open("/vms");
    await page.getByRole("rowheader", { name: "made-by-hand" }).getByRole("link").click();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: "Delete made-by-hand?" }).waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await heading("Virtual machines");
    await page.getByText("There are no rows.").waitFor();
  });
  await step("sign out", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
} catch {
  // It stands in errors.
}
saw.refused = saw.requests.filter((r) => r.status === 403 || r.status >= 500).map((r) => `${r.status} ${r.method} ${r.path}${r.query}`);
console.log(JSON.stringify(saw));
await browser.close();
