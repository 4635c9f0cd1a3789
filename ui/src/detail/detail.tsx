// The page of any row.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, ask, literal, path, quoted, type Row } from "../data/api";
import { can, childrenOf, declared, type Field, type Head, type Rights, tables, type Table } from "../data/declared";
import { watch } from "../data/feed";
import { asks, showable, Shown } from "../fields/shown";
import { EditPage } from "../form/pages";
import { List } from "../list/list";
import { Read, useRead } from "../load";
import { known, t } from "../messages";
import { pageOf, type PartProps, type Tab } from "../pages";
import { go, to } from "../router";
import { Dialog } from "../shell/dialog";
import { said } from "../load";
import { tell } from "../shell/told";
import { Actions } from "./actions";
import { titleOf } from "../shell/titles";

interface Loaded {
	row: Row;
	tag: string | null;
	rights: Rights;
}

async function load(table: Table, key: string): Promise<Loaded> {
	const fields = ["$key", "$display", ...table.fields.filter(showable).flatMap(asks)].join(",");
	const [{ body, headers }, [rights]] = await Promise.all([ask("GET", path([table.name, key], { fields })), can(`${table.name}/${key}`)]);
	return { row: body as Row, tag: headers.get("ETag"), rights: rights! };
}

export function Detail({ table, id, tab }: { table: Table; id: string; tab: string }) {
	const [loaded, setLoaded] = useState<Loaded | null>(null);
	const [error, setError] = useState<Error | null>(null);
	const again = () => {
		load(table, id).then(setLoaded, setError);
	};
	useEffect(() => {
		setLoaded(null);
		setError(null);
		again();
		const key = table.key === "number" ? Number(id) : id;
		return watch({ table: table.name, keys: [key] }, again);
	}, [table, id]);
	if (error) {
		return (
			<p role="alert" class="error">
				{error instanceof ApiError && error.status === 404 ? t("detail.gone") : said(error)} <a href={to(table.name)}>{table.title}</a>
			</p>
		);
	}
	if (!loaded) return <p class="loading">{t("app.loading")}</p>;
	const name = String(loaded.row["$display"] ?? id);
	if (tab === "edit") return <EditPage key={id} table={table} row={loaded.row} tag={loaded.tag} name={name} />;
	return <Opened table={table} {...loaded} name={name} tab={tab} again={again} />;
}

function Opened({ table, row, rights, name, tab, again }: Loaded & { table: Table; name: string; tab: string; again: () => void }) {
	const page = pageOf(table.name);
	const children = [...childrenOf(table.name), ...(page.below ? childrenOf(page.below.table) : [])];
	const own = page.tabs ?? [];
	const labels: [string, string][] = [
		["", t("detail.overview")],
		...own.map((x): [string, string] => [x.name, t(x.label)]),
		...children.map((c): [string, string] => [c.name, labelOf(table, c)]),
		...(tables.value.has("logs") ? [["history", t("detail.history")] as [string, string]] : []),
	];
	const child = children.find((c) => c.name === tab);
	const part = own.find((x) => x.name === tab);
	return (
		<article class="detail">
			<header>
				<p class="above">
					<a href={to(table.name)}>{titleOf(table)}</a>
				</p>
				<h1 dir="auto">{name}</h1>
				<div class="buttons">
					{rights.modify && <Actions table={table} row={row} name={name} first={page.first} done={again} />}
					{rights.modify && !table.read_only && (
						<a class="button" href={to(table.name, row.$key, "edit")}>
							{t("detail.edit")}
						</a>
					)}
					{rights.delete && table.may.delete && <Delete table={table} row={row} name={name} />}
				</div>
			</header>
			{page.top && <Loading load={page.top} table={table} row={row} modify={rights.modify} />}
			<nav class="tabs" aria-label={name}>
				{labels.map(([n, label]) => (
					<a key={n} href={n ? to(table.name, row.$key, n) : to(table.name, row.$key)} aria-current={n === tab ? "page" : undefined}>
						{label}
					</a>
				))}
			</nav>
			{tab === "" && <Facts table={table} row={row} />}
			{part && <Loading key={part.name} load={part.load} table={table} row={row} modify={rights.modify} />}
			{child && <Children key={child.name} head={child} of={table.name} row={row} create={rights.create} />}
			{tab === "history" && <ListOf table="logs" only={`object eq ${quoted(`${table.name}/${row.$key}`)}`} />}
		</article>
	);
}

/** What the rows of a child table are called on the page of their parent. */
function labelOf(table: Table, child: Head): string {
	const own = `tab.${child.name}`;
	if (known(own)) return t(own);
	return table.fields.find((f) => f.type === "rows" && f.leads_to?.includes(child.name))?.label ?? child.title;
}

function Children({ head, of, row, create }: { head: Head; of: string; row: Row; create: boolean }) {
	const below = pageOf(of).below;
	const key = head.below === of ? row.$key : (row[below?.by ?? ""] as number | string);
	return <ListOf table={head.name} only={`${head.parent} eq ${literal(key)}`} preset={{ [head.parent!]: key }} create={create} />;
}

function ListOf({ table, ...rest }: { table: string; only: string; preset?: Record<string, string | number>; create?: boolean }) {
	const state = useRead(() => declared(table), [table]);
	return <Read state={state}>{(found) => <List table={found} {...rest} />}</Read>;
}

/** A part of the page whose script is loaded when it is opened. */
function Loading({ load: from, ...props }: PartProps & { load: Tab["load"] }) {
	const state = useRead(async () => ({ Part: await from() }), [from]);
	return <Read state={state}>{({ Part }: { Part: ComponentType<PartProps> }) => <Part {...props} />}</Read>;
}

/** All columns with their values, by section. */
function Facts({ table, row }: { table: Table; row: Row }) {
	const shown = table.fields.filter((f) => showable(f) && !(f.read_only && isEmpty(row[f.name])));
	const sections = [...new Set(shown.map((f) => f.section ?? ""))];
	return (
		<div class="facts">
			{sections.map((section) => (
				<section key={section}>
					<h2>{section || t("form.general")}</h2>
					<dl>
						{shown
							.filter((f) => (f.section ?? "") === section)
							.map((f: Field) => (
								<div key={f.name}>
									<dt title={f.doc}>{f.label}</dt>
									<dd>
										<Shown field={f} row={row} />
									</dd>
								</div>
							))}
					</dl>
				</section>
			))}
		</div>
	);
}

const isEmpty = (value: unknown) => value === null || value === undefined || value === "";

function Delete({ table, row, name }: { table: Table; row: Row; name: string }) {
	const [asking, setAsking] = useState(false);
	const [error, setError] = useState("");
	const remove = async () => {
		try {
			await ask("DELETE", path([table.name, row.$key]));
			tell(t("detail.do", { action: t("detail.delete"), name }));
			go(to(table.name), true);
		} catch (e) {
			setError(said(e));
		}
	};
	return (
		<>
			<button type="button" class="danger" onClick={() => setAsking(true)}>
				{t("detail.delete")}
			</button>
			{asking && (
				<Dialog title={t("detail.delete_title", { name })} close={() => setAsking(false)}>
					<p>{t("detail.delete_text")}</p>
					{error && (
						<p role="alert" class="error">
							{error}
						</p>
					)}
					<div class="buttons">
						<button type="button" class="danger" onClick={remove}>
							{t("detail.delete")}
						</button>
						<button type="button" onClick={() => setAsking(false)}>
							{t("form.cancel")}
						</button>
					</div>
				</Dialog>
			)}
		</>
	);
}
