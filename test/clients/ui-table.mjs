// Uses the pages of a table of which no line of the web UI knows: its list, its form, the page of a row, and rows below it.
//   node ui-table.mjs BROWSER SERVER NAME PASSWORD
import { begin, end, heading, look, signIn, step } from "./ui-browser.mjs";

const { page, server, name, password } = await begin();

try {
  await step("sign in", async () => {
    await page.goto(`${server}/wide_001`);
    await signIn(name, password);
    await heading("Wide thing 1");
  });
  await step("make a row", async () => {
    await page.getByRole("link", { name: "New: Wide thing 1" }).click();
    await heading("New: Wide thing 1");
    await page.getByLabel("Size").fill("1001");
    await page.$eval("form", (form) => (form.noValidate = true));
    await page.getByLabel("Name").fill("<b>ваза</b>");
    await page.getByLabel("Kind").selectOption("two");
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator(".field.wrong", { hasText: "Size" }).waitFor();
    await look("a form");
    await page.getByLabel("Size").fill("1000");
    await page.getByRole("button", { name: "Create" }).click();
    await heading("<b>ваза</b>");
    await page.getByText("1,000 MiB").or(page.getByText("1000 MiB")).waitFor();
  });
  await step("make a row below it", async () => {
    await page.getByRole("link", { name: "Wide thing 2" }).last().click();
    await page.getByText("There are no rows.").waitFor();
    await page.getByRole("link", { name: "New: Wide thing 2" }).click();
    await page.getByLabel("Name").fill("below");
    await page.getByRole("button", { name: "Create" }).click();
    await heading("below");
    await page.getByRole("definition").getByRole("link", { name: "<b>ваза</b>" }).click();
    await heading("<b>ваза</b>");
  });
  await step("change and delete it", async () => {
    await page.getByRole("link", { name: "Change" }).click();
    await page.getByLabel("Description").fill("javascript:alert(1)");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("javascript:alert(1)").waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText(/description/).waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await heading("Wide thing 1");
    await page.getByText("There are no rows.").waitFor();
  });
} catch {
  // It stands in errors.
}
await end();
