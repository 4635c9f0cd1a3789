// Does what a page of another origin does: logs in, reads both dialects, and uploads an ISO image with tus-js-client as its documentation shows.
// Posts what it saw to its own origin. The server and the password stand in the page's query.
const query = new URLSearchParams(location.search);
const server = query.get("server");
const seen = {};

async function call(path, options) {
  const reply = await fetch(server + path, options);
  return { status: reply.status, headers: Object.fromEntries(reply.headers), body: await reply.json() };
}

function upload(token) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(new File([new Uint8Array(3_000_000).fill(7)], "page.iso"), {
      endpoint: `${server}/api/v1/virtualization/isos/upload`,
      chunkSize: 1_000_000,
      retryDelays: null,
      headers: { Authorization: `Bearer ${token}`, "Tus-Resumable": "1.0.0" }, // as the original UI does: the library adds it too
      metadata: { filename: "page.iso", filetype: "application/x-iso9660-image" },
      onError: reject,
      onSuccess: () => resolve(upload.url),
    });
    upload.start();
  });
}

try {
  const login = await call("/api/v1/auth/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username: "admin", password: query.get("password") }),
  });
  const token = login.body.data.token;
  const headers = { Authorization: `Bearer ${token}`, "X-JSON-Non-Compact": "1" };
  seen.refused = (await call("/api/v4/vms", {})).status;
  seen.table = await call("/api/v4/users/1?fields=name", { headers });
  seen.resource = await call("/api/v1/virtualization/computes", { headers });
  seen.url = await upload(token);
  seen.complete = await call(`${new URL(seen.url).pathname}/complete`, { method: "POST", headers });
} catch (error) {
  seen.error = String(error);
}
await fetch("/seen", { method: "POST", body: JSON.stringify(seen) });
