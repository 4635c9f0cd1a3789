import type { Head } from "../data/declared";
import { t } from "../messages";
import { parts, to } from "../router";
import { areas } from "./areas";
import { titleOf } from "./titles";

export function Navigation() {
	const here = parts.value[0];
	const link = (href: string, label: string, current: boolean) => (
		<a href={href} aria-current={current ? "page" : undefined}>
			{label}
		</a>
	);
	const item = (h: Head) => <li key={h.name}>{link(to(h.name), titleOf(h), here === h.name)}</li>;
	return (
		<nav class="side" aria-label={t("nav.title")}>
			<details open={matchMedia("(min-width: 50rem)").matches}>
				<summary>{t("nav.open")}</summary>
				<ul>
					<li>{link("/", t("nav.overview"), here === undefined)}</li>
					{areas().map((a) => (
						<li key={a.name}>
							<h2>{a.label}</h2>
							<ul>
								{a.main.map(item)}
								{a.other.length > 0 && (
									<li>
										<details open={a.other.some((h) => h.name === here)}>
											<summary>{t("nav.all")}</summary>
											<ul>{a.other.map(item)}</ul>
										</details>
									</li>
								)}
							</ul>
						</li>
					))}
					<li>{link("/documents", t("nav.documents"), here === "documents")}</li>
				</ul>
			</details>
		</nav>
	);
}
