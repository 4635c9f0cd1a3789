// What goes on, always in sight: the newest operations.
import { useEffect, useState } from "preact/hooks";
import { ask, path, type Row } from "../data/api";
import { tables } from "../data/declared";
import { watch } from "../data/feed";
import { known, moment, number, t } from "../messages";
import { said } from "../load";
import { to } from "../router";
import { tell } from "./told";

const shown = 30;
const fields = "$key,kind,object,object#$display as name,status,status_info,progress_pct,creator,created";
const ended = new Set(["done", "failed", "cancelled", "undone"]);

export function Tasks() {
	const [rows, setRows] = useState<Row[]>([]);
	const may = tables.value.get("operations")?.may;
	useEffect(() => {
		if (!may?.list) return;
		let timer = 0;
		const read = async () => {
			timer = 0;
			try {
				setRows((await ask("GET", path(["operations"], { fields, sort: "-$key", limit: shown }))).body as Row[]);
			} catch {
				// The page says already that nothing arrives.
			}
		};
		void read();
		const end = watch({ table: "operations" }, () => (timer ||= window.setTimeout(read, 500)));
		return () => {
			end();
			clearTimeout(timer);
		};
	}, [may?.list]);
	if (!may?.list) return null;
	const running = rows.filter((r) => !ended.has(String(r["status"]))).length;
	return (
		<details class="tasks">
			<summary>
				{t("tasks.title")} · {running > 0 ? t("tasks.running", { n: running }) : t("tasks.idle")}
			</summary>
			{rows.length === 0 ? (
				<p class="empty">{t("tasks.none")}</p>
			) : (
				<table>
					<caption class="unseen">{t("tasks.title")}</caption>
					<thead>
						<tr>
							{(["what", "object", "state", "who", "when", "progress"] as const).map((c) => (
								<th key={c} scope="col">
									{t(`tasks.${c}`)}
								</th>
							))}
						</tr>
					</thead>
					<tbody>
						{rows.map((r) => (
							<Task key={r.$key} row={r} cancel={may.modify} />
						))}
					</tbody>
				</table>
			)}
		</details>
	);
}

function Task({ row, cancel }: { row: Row; cancel: boolean }) {
	const [table, key] = String(row["object"] ?? "").split("/");
	const running = !ended.has(String(row["status"]));
	const kind = kindWords(String(row["kind"]));
	const stop = () => {
		ask("POST", path(["operations", row.$key, "cancel"]), {}).catch((e: unknown) => tell(said(e), true));
	};
	return (
		<tr>
			<th scope="row">
				<a href={to("operations", row.$key)}>{kind}</a>
			</th>
			<td dir="auto">{table && key ? <a href={to(table, key)}>{String(row["name"] ?? row["object"])}</a> : null}</td>
			<td title={String(row["status_info"] ?? "")}>
				{String(row["status"])} {row["status_info"] ? <small dir="auto">{String(row["status_info"])}</small> : null}
			</td>
			<td dir="auto">{String(row["creator"] ?? "")}</td>
			<td>{moment(Number(row["created"]))}</td>
			<td>
				{running ? <progress aria-label={kind} max={100} value={Number(row["progress_pct"] ?? 0)} /> : number(Number(row["progress_pct"] ?? 0))}
				{running && cancel && (
					<button type="button" aria-label={t("tasks.cancel", { kind })} onClick={stop}>
						{t("form.cancel")}
					</button>
				)}
			</td>
		</tr>
	);
}

function kindWords(kind: string): string {
	const message = `kind.${kind}`;
	return known(message) ? t(message) : kind.replaceAll(/[._]/g, " ");
}
