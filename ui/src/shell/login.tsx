import { useState } from "preact/hooks";
import { signIn } from "../data/session";
import { said } from "../load";
import { t } from "../messages";

export function Login() {
	const [error, setError] = useState("");
	const [busy, setBusy] = useState(false);
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const data = new FormData(event.currentTarget as HTMLFormElement);
		const text = (name: string) => String(data.get(name) ?? "");
		setBusy(true);
		setError("");
		try {
			await signIn(text("name"), text("password"), text("code"));
		} catch (e) {
			setError(said(e));
		} finally {
			setBusy(false);
		}
	};
	return (
		<main class="login">
			<h1>{t("app.name")}</h1>
			<form class="form" onSubmit={submit}>
				<h2>{t("login.title")}</h2>
				<label for="login-name">{t("login.name")}</label>
				<input id="login-name" name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required autofocus />
				<label for="login-password">{t("login.password")}</label>
				<input id="login-password" name="password" type="password" autocomplete="current-password" required />
				<label for="login-code">{t("login.code")}</label>
				<input id="login-code" name="code" autocomplete="one-time-code" inputMode="numeric" aria-describedby="login-code-help" />
				<small id="login-code-help">{t("login.code_help")}</small>
				<p role="alert" class="error">
					{error}
				</p>
				<button type="submit" class="primary" disabled={busy}>
					{t(busy ? "login.busy" : "login.submit")}
				</button>
			</form>
		</main>
	);
}
