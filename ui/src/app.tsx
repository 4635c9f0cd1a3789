// The whole: who isn't signed in sees the login, at whatever address; then the page of the address.
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { session } from "./data/api";
import { declared, readTables, type Table, tables } from "./data/declared";
import { restore } from "./data/session";
import { Detail } from "./detail/detail";
import { NewPage } from "./form/pages";
import { List } from "./list/list";
import { Read, useRead } from "./load";
import { t } from "./messages";
import { pageOf } from "./pages";
import { parts } from "./router";
import { Documents } from "./shell/documents";
import { Login } from "./shell/login";
import { Overview } from "./shell/overview";
import { Shell } from "./shell/shell";
import { titleOf } from "./shell/titles";

export function App() {
	useEffect(() => void restore(), []);
	const who = session.value;
	if (who === undefined) return <p class="loading">{t("app.loading")}</p>;
	return who ? <SignedIn key={who.user} /> : <Login />;
}

function SignedIn() {
	const state = useRead(async () => {
		await readTables();
		return true;
	}, []);
	return (
		<Read state={state}>
			{() => (
				<Shell>
					<Page />
				</Shell>
			)}
		</Read>
	);
}

/** The page of the address. */
function Page() {
	const [table, id, tab = ""] = parts.value;
	useEffect(() => {
		const head = table ? tables.value.get(table) : undefined;
		document.title = [id, head && titleOf(head), t("app.name")].filter(Boolean).join(" · ");
	}, [table, id]);
	if (table === undefined) return <Overview />;
	if (table === "documents") return <Documents />;
	if (!tables.value.has(table)) return <p class="empty">{t("app.not_found")}</p>;
	return <TablePage key={table} name={table} id={id} tab={tab} />;
}

function TablePage({ name, id, tab }: { name: string; id: string | undefined; tab: string }) {
	const state = useRead(() => declared(name), [name]);
	return (
		<Read state={state}>
			{(table) => {
				if (id === undefined) return <WholeList table={table} />;
				if (id === "new") return <New table={table} />;
				return <Detail table={table} id={id} tab={tab} />;
			}}
		</Read>
	);
}

function WholeList({ table }: { table: Table }) {
	return (
		<>
			<h1 title={table.doc}>{titleOf(table)}</h1>
			<List table={table} />
		</>
	);
}

function New({ table }: { table: Table }) {
	const own = pageOf(table.name).create;
	const state = useRead(async (): Promise<{ Form: ComponentType<{ table: Table }> }> => ({ Form: own ? await own() : NewPage }), [own]);
	return <Read state={state}>{({ Form }) => <Form table={table} />}</Read>;
}
