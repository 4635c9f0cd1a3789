// What there is, and what is wrong.
import { declared, tables } from "../data/declared";
import { List } from "../list/list";
import { Read, useRead } from "../load";
import { t } from "../messages";
import { to } from "../router";
import { areas } from "./areas";
import { titleOf } from "./titles";

export function Overview() {
	return (
		<>
			<h1>{t("overview.title")}</h1>
			<div class="areas">
				{areas().map((a) => (
					<section key={a.name}>
						<h2>{a.label}</h2>
						<ul>
							{a.main.map((h) => (
								<li key={h.name}>
									<a href={to(h.name)}>{titleOf(h)}</a>
								</li>
							))}
						</ul>
					</section>
				))}
			</div>
			{tables.value.get("alarms")?.may.list && <Alarms />}
		</>
	);
}

function Alarms() {
	const state = useRead(() => declared("alarms"), []);
	return (
		<>
			<h2>{t("overview.alarms")}</h2>
			<Read state={state}>{(table) => <List table={table} />}</Read>
		</>
	);
}
