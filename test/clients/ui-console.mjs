// Makes a VM by the web UI with nothing but a name, sees its screen, turns it off and deletes it.
//   node ui-console.mjs BROWSER SERVER NAME PASSWORD
import { begin, end, heading, look, saw, signIn, step } from "./ui-browser.mjs";

const { page, server, name, password } = await begin();
page.setDefaultTimeout(120_000); // a guest that is emulated takes its time

try {
  await step("sign in", async () => {
    await page.goto(`${server}/vms`);
    await signIn(name, password);
    await heading("Virtual machines");
  });
  await step("make and start a VM", async () => {
    await page.getByRole("link", { name: "New: VM" }).click();
    await page.getByLabel("Name").fill("seen");
    await page.getByRole("button", { name: "Create" }).click();
    await heading("seen");
  });
  await step("see its screen", async () => {
    await page.getByText("Connected.").waitFor();
    await page.waitForFunction(() => {
      const canvas = document.querySelector(".console canvas");
      return canvas?.width && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((byte, i) => i % 4 < 3 && byte > 0);
    });
    await look("console");
    saw.controls = await page.locator(".console button").allInnerTexts();
    const [box, canvas] = await Promise.all([page.locator(".console .screen").boundingBox(), page.locator(".console canvas").boundingBox()]);
    if (canvas.height > box.height + 1 || canvas.width > box.width + 1) throw new Error("the screen doesn't fit");
  });
  await step("turn it off", async () => {
    await page.getByRole("button", { name: "Power off hard" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: "Power off hard: seen" }).waitFor();
    await dialog.getByRole("button", { name: "Power off hard" }).click();
    await page.locator(".state[data-state=stopped]").waitFor();
    await page.getByText(/so it has no screen/).waitFor();
  });
  await step("delete it", async () => {
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await heading("Virtual machines");
    await page.getByText("There are no rows.").waitFor();
  });
} catch {
  // It stands in errors.
}
await end();
