// What stands around every page.
import type { ComponentChildren } from "preact";
import { session } from "../data/api";
import { live } from "../data/feed";
import { signOut } from "../data/session";
import { t } from "../messages";
import { said } from "../load";
import { Find } from "./find";
import { LanguageChoice } from "./language";
import { Navigation } from "./navigation";
import { Tasks } from "./tasks";
import { ThemeChoice } from "./theme";
import { tell, ToldRegion } from "./told";

export function Shell({ children }: { children: ComponentChildren }) {
	return (
		<div class="shell">
			<a class="skip" href="#main">
				{t("app.skip")}
			</a>
			<header class="top">
				<a href="/" class="brand">
					{t("app.name")}
				</a>
				<Find />
				<LanguageChoice />
				<ThemeChoice />
				<span dir="auto">{session.value?.name}</span>
				<button type="button" onClick={() => signOut().catch((e: unknown) => tell(said(e), true))}>
					{t("login.out")}
				</button>
			</header>
			<Navigation />
			<main id="main" tabIndex={-1}>
				{live.value === false && (
					<p class="stale" role="status">
						{t("app.offline")}
					</p>
				)}
				{children}
			</main>
			<Tasks />
			<ToldRegion close={t("form.drop")} />
		</div>
	);
}
