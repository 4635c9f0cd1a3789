// Shows a console with noVNC, as it comes, in Chromium, and prints what was on its screen as JSON.
//   node console.mjs BROWSER WEBSOCKET [PASSWORD]
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, url, password] = process.argv.slice(2);
const page = `<!doctype html><div id="screen"></div><script type="module">
import RFB from "/core/rfb.js";
window.saw = { events: [] };
const options = ${JSON.stringify(password ? { credentials: { password } } : {})};
const rfb = new RFB(document.getElementById("screen"), ${JSON.stringify(url)}, options);
for (const kind of ["connect", "disconnect", "securityfailure", "credentialsrequired", "desktopname"])
  rfb.addEventListener(kind, () => window.saw.events.push(kind));
</script>`;
const kinds = { ".js": "text/javascript", ".json": "application/json" };
const site = createServer(async (request, response) => {
  if (request.url === "/") return response.setHeader("Content-Type", "text/html").end(page);
  try {
    const file = await readFile(new URL("node_modules/@novnc/novnc" + request.url, import.meta.url));
    response.setHeader("Content-Type", kinds[extname(request.url)] ?? "application/octet-stream").end(file);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const tab = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
await tab.goto(`http://127.0.0.1:${site.address().port}/`);
await tab.waitForFunction(() => ["desktopname", "disconnect", "securityfailure"].some((kind) => window.saw?.events.includes(kind)), null, { timeout: 60000 });
if (await tab.evaluate(() => window.saw.events.includes("connect")))
  await tab.waitForFunction(() => {
    const canvas = document.querySelector("canvas");
    return canvas?.width && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((byte, i) => i % 4 < 3 && byte > 0);
  }, null, { timeout: 60000 });
await tab.waitForTimeout(1000); // the rest of the first picture
console.log(JSON.stringify(await tab.evaluate(() => ({ ...window.saw, picture: document.querySelector("canvas")?.toDataURL("image/png") ?? "" }))));
await browser.close();
site.close();
