// The pages on which a row is made and changed.
import type { Row } from "../data/api";
import { ask, path } from "../data/api";
import type { Field, Table } from "../data/declared";
import { t } from "../messages";
import { go, query, to } from "../router";
import { tell } from "../shell/told";
import { Form, type Values } from "./form";

interface Would {
	would: { table: string; key: unknown; verb: string; columns: string[] | null }[];
}

/** A dry run, as lines. */
async function dryRun(method: string, where: string, changes: Values): Promise<string[]> {
	const { would } = (await ask(method, where, changes)).body as Would;
	return would.map((w) => t("form.would_line", { verb: w.verb, object: [w.table, w.key].filter(Boolean).join("/"), columns: (w.columns ?? []).join(", ") }));
}

/** Columns that can be given when a row is made. */
export const creatable = (table: Table): Field[] => table.fields.filter((f) => f.type !== "rows" && !f.read_only);

/** Columns that can be changed. */
export const changeable = (table: Table): Field[] => creatable(table).filter((f) => !f.create_only);

export function NewPage({ table }: { table: Table }) {
	const fields = creatable(table).map((f) => ({ ...f, at_start: false }));
	const preset: Values = {};
	for (const [name, value] of query.value) {
		const f = fields.find((x) => x.name === name);
		if (f) preset[name] = f.type === "row" && f.leads_to?.length === 1 && /^\d+$/.test(value) ? Number(value) : value;
	}
	const save = async (changes: Values) => {
		const { body } = await ask("POST", path([table.name]), { ...preset, ...changes });
		const { $key, response } = body as Row & { response?: Record<string, unknown> };
		tell(t("detail.done", { action: t("form.create") }));
		// What the server shows once and never again stays in sight.
		const once = response?.["private_key"];
		if (typeof once === "string") tell(once, true);
		go(to(table.name, $key), true);
	};
	return (
		<>
			<h1>{t("form.new", { title: table.title })}</h1>
			<Form
				fields={fields}
				given={preset}
				draft={`${table.name}/new`}
				submit={t("form.create")}
				save={save}
				check={(changes) => dryRun("POST", path([table.name], { dry_run: 1 }), { ...preset, ...changes })}
				cancel={() => history.back()}
			/>
		</>
	);
}

export function EditPage({ table, row, tag, name }: { table: Table; row: Row; tag: string | null; name: string }) {
	const page = to(table.name, row.$key);
	const save = async (changes: Values) => {
		if (Object.keys(changes).length > 0) await ask("PUT", path([table.name, row.$key]), changes, tag ? { "If-Match": tag } : {});
		tell(t(Object.keys(changes).length > 0 ? "detail.done" : "form.nothing", { action: t("form.save") }));
		go(page, true);
	};
	return (
		<>
			<h1 dir="auto">{t("form.edit", { name })}</h1>
			<Form
				fields={changeable(table)}
				given={row}
				draft={`${table.name}/${row.$key}`}
				submit={t("form.save")}
				save={save}
				check={(changes) => dryRun("PUT", path([table.name, row.$key], { dry_run: 1 }), changes)}
				cancel={() => go(page, true)}
			/>
		</>
	);
}
