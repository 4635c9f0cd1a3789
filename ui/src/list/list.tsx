// The list of any table.
import { useEffect, useMemo, useState } from "preact/hooks";
import { path } from "../data/api";
import { can, type Table } from "../data/declared";
import { watch, type Watch } from "../data/feed";
import { t } from "../messages";
import { pageOf } from "../pages";
import { query, setQuery, to } from "../router";
import { Copy } from "../shell/copy";
import { type Column, columnsOf, usualColumns, usualSort } from "./columns";
import { all, condition } from "./filter";
import { VirtualTable } from "./table";
import { Window } from "./window";
import { titleOf } from "../shell/titles";

interface Props {
	table: Table;
	/** A condition that always holds, as for the rows of one parent, and what new rows are given by it. */
	only?: string;
	preset?: Record<string, string | number>;
	/** Whether rows may be made; it is asked where it isn't given. */
	create?: boolean;
}

/** Columns that were chosen, by table, for as long as the page is open. */
const chosen = new Map<string, string[]>();

export function List({ table, only, preset, create }: Props) {
	const choices = useMemo<Column[]>(() => [...(pageOf(table.name).columns?.() ?? []), ...columnsOf(table)], [table]);
	const [names, setNames] = useState(() => chosen.get(table.name) ?? pageOf(table.name).usual ?? usualColumns(table));
	const columns = names.map((n) => choices.find((c) => c.name === n)).filter((c) => c !== undefined);
	const typed = query.value.get("q") ?? "";
	const sort = query.value.get("sort") ?? pageOf(table.name).sort ?? usualSort(table);
	const aside = table.aside && `${table.aside} eq false`;
	const filter = all(only, aside, condition(typed, table));
	const fields = ["$key", ...new Set(columns.flatMap((c) => c.asks))].join(",");
	const ordered = sort.endsWith("$key") ? sort : `${sort},$key`;
	const rows = useMemo(() => new Window({ table: table.name, fields, filter, sort: ordered }), [table, fields, filter, ordered]);
	useEffect(() => {
		// The feed takes conditions over columns of the table's own: what a joined one shows is read with the list.
		const own = filter.includes("#") ? all(only, aside) : filter;
		const watches: Watch[] = [{ table: table.name, filter: own.includes("#") ? "" : own }, ...(pageOf(table.name).watches ?? [])];
		const ends = watches.map((w) => watch(w, rows.stale));
		return () => {
			for (const end of ends) end();
			rows.stop();
		};
	}, [rows]);
	const choose = (next: string[]) => {
		chosen.set(table.name, next);
		setNames(next);
	};
	const total = rows.total.value;
	const error = rows.error.value;
	const address = path([table.name], { fields, filter, sort: ordered });
	return (
		<section class="list">
			<div class="tools">
				<search>
					<label class="unseen" for="q">
						{t("list.search")}
					</label>
					<input
						id="q"
						type="search"
						dir="auto"
						placeholder={t("list.search")}
						title={t("list.search_help")}
						value={typed}
						aria-invalid={error?.field === "filter" || error?.status === 400}
						aria-describedby="q-said"
						onInput={(e) => setQuery({ q: e.currentTarget.value })}
					/>
				</search>
				<output id="q-said" for="q">
					{total === undefined ? "" : t("list.count", { n: total })}
				</output>
				<Columns all={choices} names={names} choose={choose} />
				<Copy label={t("list.curl")} text={() => `curl -k -u NAME '${location.origin}${address}'`} />
				<New table={table} preset={preset} create={create} />
			</div>
			{error && (
				<p role="alert" class="error">
					{error.status === 0 ? t("app.unreachable") : error.why}
				</p>
			)}
			{total === 0 && !error ? (
				<p class="empty">
					{t(typed ? "list.none_match" : "list.none")} {typed && <button onClick={() => setQuery({ q: "" })}>{t("list.clear")}</button>}
				</p>
			) : (
				<VirtualTable table={table.name} label={titleOf(table)} columns={columns} rows={rows} sort={sort} onSort={(s) => setQuery({ sort: s })} />
			)}
		</section>
	);
}

function New({ table, preset, create }: Pick<Props, "table" | "preset" | "create">) {
	const [asked, setAsked] = useState(false);
	const possible = table.may.create && !table.not_built;
	useEffect(() => {
		if (possible && create === undefined) can(table.name).then(([r]) => setAsked(r?.create ?? false), () => undefined);
	}, [table]);
	if (!possible || !(create ?? asked)) return null;
	const given = new URLSearchParams(Object.entries(preset ?? {}).map(([k, v]) => [k, String(v)])).toString();
	return (
		<a class="button primary" href={to(table.name, "new") + (given && `?${given}`)}>
			{t("list.new", { title: table.title })}
		</a>
	);
}

/** Lets people choose the columns. */
function Columns({ all: choices, names, choose }: { all: Column[]; names: string[]; choose: (names: string[]) => void }) {
	const toggle = (name: string, on: boolean) => choose(on ? [...names, name] : names.filter((n) => n !== name));
	return (
		<details class="menu">
			<summary>{t("list.columns")}</summary>
			<fieldset>
				<legend class="unseen">{t("list.columns")}</legend>
				{choices.map((c) => (
					<label key={c.name}>
						<input type="checkbox" checked={names.includes(c.name)} disabled={names.length === 1 && names[0] === c.name} onChange={(e) => toggle(c.name, e.currentTarget.checked)} />
						{c.label}
					</label>
				))}
			</fieldset>
		</details>
	);
}
