// Uses the web UI as an administrator does: makes a VM, changes it, finds it, looks at each table, deletes it.
//   node ui.mjs BROWSER SERVER NAME PASSWORD [FOLDER for pictures]
import { begin, end, heading, links, look, open, signIn, step } from "./ui-browser.mjs";

const { page, server, name, password } = await begin();

try {
  await step("sign in", async () => {
    await page.goto(`${server}/vms`);
    await signIn(name, "wrong");
    await page.getByRole("alert").filter({ hasText: /./ }).waitFor();
    await look("sign in");
    await signIn(name, password);
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
  await step("see what others change", async () => {
    const path = await page.getByRole("rowheader", { name: "made-by-hand" }).getByRole("link").getAttribute("href");
    for (const name of ["named-elsewhere", "made-by-hand"]) {
      const status = await page.evaluate(
        ([path, name]) => fetch(`/api/v4${path}`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name }) }).then((r) => r.status),
        [path, name],
      );
      if (status !== 200) throw new Error(`the change was answered with ${status}`);
      await page.getByRole("rowheader", { name }).waitFor();
    }
  });
  await step("load the page anew", async () => {
    if (await page.evaluate(() => document.cookie + JSON.stringify(localStorage)).then((kept) => /[0-9a-f]{20}/.test(kept))) throw new Error("a script can read the token");
    await page.reload();
    await page.getByRole("rowheader", { name: "made-by-hand" }).waitFor();
  });
  await step("go back and forth", async () => {
    await page.goBack();
    await heading("made-by-hand");
    await page.goForward();
    await heading("Virtual machines");
  });
  // Every table has a list, and a form where rows can be made.
  const tables = await links();
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
  await step("speak German", async () => {
    await page.getByLabel("Language").selectOption("de");
    await heading("Virtuelle Maschinen");
    await page.getByText("Es gibt keine Zeilen.").waitFor();
    await look("German");
    await page.getByLabel("Sprache").selectOption("en");
    await heading("Virtual machines");
  });
  await step("sign out", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
} catch {
  // It stands in errors.
}
await end();
