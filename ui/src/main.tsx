import { render } from "preact";
import { App } from "./app";
import { readTexts } from "./messages";
import "./style/base.css";
import "./style/shell.css";
import "./style/list.css";
import "./style/form.css";

await readTexts();
render(<App />, document.body);
