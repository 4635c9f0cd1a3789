// Shows what runs, to who has logged in and as far as they may see it. The session's token stays in this page's memory.
(() => {
  const section = document.getElementById("now");
  const form = document.getElementById("login");
  const every = 10_000; // milliseconds

  // What is shown: a title, the request, and the words of each row.
  const machine = (row) => [row.name, row.status, row.info];
  const parts = [
    ["Virtual machines", "vms?fields=name,machine%23status%23status%20as%20status,machine%23status%23status_info%20as%20info&sort=name&filter=is_snapshot%20eq%20false", machine],
    ["Networks", "vnets?fields=name,machine%23status%23status%20as%20status,machine%23status%23status_info%20as%20info&sort=name", machine],
    ["Alarms", "alarms?fields=level,status,owner%23$display%20as%20of", (r) => [r.of, r.level, r.status]],
    ["Hosts", "nodes?fields=name,kernel_version,qemu_version,accelerator&sort=name", (r) => [r.name, `kernel ${r.kernel_version}`, `QEMU ${r.qemu_version}`, `guests run by ${r.accelerator}`]],
  ];

  async function ask(path, options) {
    const reply = await fetch(path, options);
    const body = await reply.json();
    if (!reply.ok) throw new Error(body.err);
    return body;
  }

  function element(name, text, ...children) {
    const e = document.createElement(name);
    e.textContent = text;
    e.append(...children);
    return e;
  }

  function list([title, , words], rows) {
    if (!rows.length) return [element("h3", title), element("p", "none")];
    return [element("h3", `${title} (${rows.length})`), element("ul", "", ...rows.map((row) => element("li", words(row).filter(Boolean).join(" · "))))];
  }

  async function show(token) {
    const headers = { "x-yottabyte-token": token };
    const rows = await Promise.all(parts.map(([, path]) => ask(`/api/v4/${path}`, { headers })));
    const version = await ask("/version.json");
    section.replaceChildren(
      element("h2", "What runs"), ...parts.flatMap((part, i) => list(part, rows[i])),
      element("p", `Table API ${version.version}, ${document.querySelector("footer").textContent.toLowerCase()}`),
    );
    section.dataset.shown = "";
  }

  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const alert = form.querySelector("[role=alert]");
    alert.textContent = "";
    const { name, password, code } = Object.fromEntries(new FormData(form));
    try {
      const session = await ask("/api/sys/tokens", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ login: name, password, otp: code || undefined }),
      });
      await show(session.$key);
      setInterval(() => show(session.$key).catch((error) => section.append(element("p", error.message))), every);
    } catch (error) {
      alert.textContent = error.message;
    }
  });
})();
