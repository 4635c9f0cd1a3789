// What can be done to a row.
import { useState } from "preact/hooks";
import { ask, path, type Row } from "../data/api";
import type { Action, Table } from "../data/declared";
import { Form, type Values } from "../form/form";
import { known, t } from "../messages";
import { pageOf } from "../pages";
import { Dialog } from "../shell/dialog";
import { said } from "../load";
import { tell } from "../shell/told";

/** What people read for an action: its own text, or its name in words. */
export function wordsFor(table: string, action: string): string {
	const own = `action.${table}.${action}`;
	if (known(own)) return t(own);
	const words = action.replaceAll("_", " ");
	return words.charAt(0).toUpperCase() + words.slice(1);
}

interface Props {
	table: Table;
	row: Row;
	name: string;
	/** Names of actions that have a button of their own, in their order; all others stand in a menu. */
	first?: string[];
	done: () => void;
}

export function Actions({ table, row, name, first = [], done }: Props) {
	const [asking, setAsking] = useState<Action | null>(null);
	const possible = (table.actions ?? []).filter((a) => !a.not_built);
	const direct = first.map((n) => possible.find((a) => a.name === n)).filter((a) => a !== undefined);
	const rest = possible.filter((a) => !direct.includes(a));
	const act = async (action: Action, params: Values) => {
		const { body } = await ask("POST", path([table.name, row.$key, action.name]), params);
		const reply = (body ?? {}) as { operation?: unknown; response?: unknown };
		tell(t(reply.operation === undefined ? "detail.done" : "detail.begun", { action: wordsFor(table.name, action.name) }));
		if (reply.response && typeof reply.response === "object") tell(JSON.stringify(reply.response), true);
		setAsking(null);
		done();
	};
	const begin = (action: Action) => {
		if ((action.params?.length ?? 0) > 0 || pageOf(table.name).confirm?.[action.name]) setAsking(action);
		else act(action, {}).catch((e: unknown) => tell(said(e), true));
	};
	const button = (a: Action) => (
		<button type="button" key={a.name} title={a.doc} onClick={() => begin(a)}>
			{wordsFor(table.name, a.name)}
		</button>
	);
	return (
		<>
			{direct.map(button)}
			{rest.length > 0 && (
				<details class="menu">
					<summary>{t("detail.actions")}</summary>
					<div>{rest.map(button)}</div>
				</details>
			)}
			{asking && (
				<Dialog title={t("detail.do", { action: wordsFor(table.name, asking.name), name })} close={() => setAsking(null)}>
					{asking.doc && <p>{asking.doc}</p>}
					{pageOf(table.name).confirm?.[asking.name] && <p>{t(pageOf(table.name).confirm![asking.name]!)}</p>}
					<Form
						fields={(asking.params ?? []).filter((f) => f.type !== "rows")}
						draft={`${table.name}/${row.$key}/${asking.name}`}
						submit={wordsFor(table.name, asking.name)}
						save={(params) => act(asking, params)}
						cancel={() => setAsking(null)}
					/>
				</Dialog>
			)}
		</>
	);
}
