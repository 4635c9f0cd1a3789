// Uploads an ISO image with tus-js-client as it comes, the way the documentation of the resource API shows, and completes it. Prints the
// reply to the completion. Usage: node upload.mjs <endpoint> <token> <file> [chunk size]
import { createReadStream, statSync } from "node:fs";
import { basename } from "node:path";
import * as tus from "tus-js-client";

const [endpoint, token, path, chunk] = process.argv.slice(2);

const upload = new tus.Upload(createReadStream(path), {
  endpoint,
  uploadSize: statSync(path).size,
  chunkSize: Number(chunk ?? 10 * 1024 * 1024),
  retryDelays: Array(60).fill(200), // the server is gone for a while
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: basename(path), filetype: "application/x-iso9660-image" },
  onProgress(sent) {
    console.error(`sent ${sent}`);
  },
  onError(error) {
    console.error(`failed: ${error}`);
    process.exit(1);
  },
  async onSuccess() {
    const id = upload.url.split("/").pop();
    const reply = await fetch(`${endpoint}/${id}/complete`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    console.log(await reply.text());
    process.exit(reply.ok ? 0 : 1);
  },
});
upload.start();
