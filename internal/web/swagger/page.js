// Shows the document named by #api, and logs people in. A session's token stays in this page's memory.
(() => {
  const api = document.getElementById("api");
  const { document: whole, index, dialect } = api.dataset;

  // What differs between the two APIs: how a login asks, what it answers, and by what requests are let in.
  const login = {
    table: {
      path: "/api/sys/tokens", scheme: "session",
      body: (f) => ({ login: f.name, password: f.password, otp: f.code || undefined }),
      token: (reply) => reply.$key, error: (reply) => reply.err,
      header: (token) => ["x-yottabyte-token", token],
    },
    resource: {
      path: "/api/v1/auth/login", scheme: "bearer",
      body: (f) => ({ username: f.name, password: f.password, code: f.code || undefined }),
      token: (reply) => reply.data.token, error: (reply) => reply.error.message,
      header: (token) => ["Authorization", `Bearer ${token}`],
    },
  }[dialect];

  // The order of a table's operations, by the first word of their names.
  const order = ["list", "create", "get", "change", "delete", "act", "post", "put", "describe"];
  const rank = (operation) => order.indexOf(operation.getIn(["operation", "operationId"], "").split("_")[0]);

  function show(token, url = whole) {
    const ui = SwaggerUIBundle({
      url, dom_id: "#api", deepLinking: true, docExpansion: "none", filter: true, defaultModelsExpandDepth: 0,
      operationsSorter: index ? (a, b) => rank(a) - rank(b) : undefined,
      persistAuthorization: false, tryItOutEnabled: false,
      requestInterceptor: (request) => {
        if (token && request.url.endsWith(url)) request.headers[login.header(token)[0]] = login.header(token)[1];
        return request;
      },
      onComplete: () => {
        if (!token) return;
        ui.preauthorizeApiKey(login.scheme, token);
        document.body.dataset.signedIn = "";
      },
    });
  }

  // Lets people choose one of the parts; the first shown is the second of them, since the first is all there is.
  async function choose(token) {
    const reply = await fetch(index, { headers: [login.header(token)] });
    const list = await reply.json();
    if (!reply.ok) throw new Error(login.error(list));
    const select = document.getElementById("documents");
    select.replaceChildren(...list.map((part) => new Option(part.name.startsWith("$") || !part.name ? part.title : part.name, part.json)));
    select.value = list[1].json;
    select.hidden = false;
    select.addEventListener("change", () => show(token, select.value));
    return select.value;
  }

  const form = document.getElementById("login");
  form.hidden = false;
  if (!index) show(); // everybody may read it
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const alert = form.querySelector("[role=alert]");
    alert.textContent = "";
    try {
      const reply = await fetch(login.path, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify(login.body(Object.fromEntries(new FormData(form)))),
      });
      const body = await reply.json();
      if (!reply.ok) throw new Error(login.error(body));
      const token = login.token(body);
      const first = index ? await choose(token) : whole;
      form.remove();
      show(token, first);
    } catch (error) {
      alert.textContent = error.message;
    }
  });
})();
