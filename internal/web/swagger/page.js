// Shows the document named by #api. Where reading it takes a login, asks for one; the session's token stays in this page's memory.
(() => {
  const api = document.getElementById("api");
  const { document: whole, login, index } = api.dataset;

  // The order of a table's operations, by the first word of their names.
  const order = ["list", "create", "get", "change", "delete", "act", "post", "put", "describe"];
  const rank = (operation) => order.indexOf(operation.getIn(["operation", "operationId"], "").split("_")[0]);

  function show(token, url = whole) {
    const ui = SwaggerUIBundle({
      url, dom_id: "#api", deepLinking: true, docExpansion: login ? "none" : "list", filter: true, defaultModelsExpandDepth: 0,
      operationsSorter: login ? (a, b) => rank(a) - rank(b) : undefined,
      persistAuthorization: false, tryItOutEnabled: false,
      requestInterceptor: (request) => {
        if (token && request.url.endsWith(url)) request.headers["x-yottabyte-token"] = token;
        return request;
      },
      onComplete: () => { if (token) ui.preauthorizeApiKey("session", token); },
    });
  }

  // Lets people choose one of the parts; the first shown is the second of them, since the first is all there is.
  async function choose(token) {
    const reply = await fetch(index, { headers: { "x-yottabyte-token": token } });
    const list = await reply.json();
    if (!reply.ok) throw new Error(list.err);
    const select = document.getElementById("documents");
    select.replaceChildren(...list.map((part) => new Option(part.name.startsWith("$") || !part.name ? part.title : part.name, part.json)));
    select.value = list[1].json;
    select.hidden = false;
    select.addEventListener("change", () => show(token, select.value));
    return select.value;
  }

  const form = document.getElementById("login");
  if (!form) return show();
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const alert = form.querySelector("[role=alert]");
    alert.textContent = "";
    try {
      const reply = await fetch(login, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ login: form.elements.login.value, password: form.elements.password.value }),
      });
      const body = await reply.json();
      if (!reply.ok) throw new Error(body.err);
      const first = await choose(body.$key);
      form.remove();
      show(body.$key, first);
    } catch (error) {
      alert.textContent = error.message;
    }
  });
})();
