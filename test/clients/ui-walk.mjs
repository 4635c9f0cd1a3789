// Goes through all pages that the web UI shows a user, opens each kind of row and everything on its page, and prints what it saw as JSON.
//   node ui-walk.mjs BROWSER SERVER NAME PASSWORD
import { begin, end, heading, links, look, open, saw, signIn, step } from "./ui-browser.mjs";

const { page, server, name, password } = await begin();

try {
  await step("sign in", async () => {
    await page.goto(server);
    await signIn(name, password);
    await heading("Overview");
  });
  await look("overview");
  for (const [path, title] of (await links()).filter(([p]) => p !== "/" && p !== "/documents")) {
    await step(path, async () => {
      await open(path);
      await heading(title);
      await page.locator("#q-said").filter({ hasText: /row/ }).waitFor();
      saw.controls.push(...(await controls(path)));
      const row = page.locator("tbody th a").first();
      if (!(await row.count())) return;
      await row.click();
      await page.locator("article.detail").waitFor();
      saw.controls.push(...(await controls(path + "/KEY")));
      const tabs = await page.evaluate(() => [...document.querySelectorAll("nav.tabs a")].map((a) => a.getAttribute("href")));
      const change = page.getByRole("link", { name: "Change" });
      const edit = (await change.count()) ? await change.getAttribute("href") : undefined;
      for (const tab of tabs.filter((t) => !t.endsWith("/console"))) {
        await open(tab);
        await page.locator(`nav.tabs a[aria-current]`).and(page.locator(`[href="${tab}"]`)).waitFor();
        await page.locator("article .scroll, article .empty, article dl").first().waitFor();
      }
      if (edit) {
        await open(edit);
        await page.locator("form.form").waitFor();
      }
    });
  }
} catch {
  // It stands in errors.
}
await end();

/** What can be clicked in the page's own part, by its words. */
function controls(path) {
  return page.evaluate((path) => [...document.querySelectorAll("main .tools a.button, main header button, main header a.button")].map((b) => `${path}: ${b.textContent.trim()}`), path);
}
