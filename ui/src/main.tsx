import { render } from "preact";
import { App } from "./app";
import "./style/base.css";
import "./style/shell.css";
import "./style/list.css";
import "./style/form.css";

render(<App />, document.body);
