import { useEffect, useState } from "preact/hooks";
import { ask, path, quoted } from "../data/api";
import { tables } from "../data/declared";
import { number, t } from "../messages";
import { type ControlProps, common } from "./control";

const most = 100;

interface Choice {
	$key: number | string;
	name: unknown;
}

/** A column that leads to another row: of one table by its key, of several as "table/key". */
export function Reference(props: ControlProps) {
	const { field, value, set } = props;
	const targets = field.leads_to ?? [];
	const several = targets.length > 1;
	const [chosen, choose] = useState(several ? String(value ?? "").split("/")[0]! : (targets[0] ?? ""));
	const key = several ? String(value ?? "").slice(chosen.length + 1) : value;
	if (targets.length === 0) return <Key {...props} />;
	return (
		<span class="reference">
			{several && (
				<select aria-label={field.label} value={chosen} onChange={(e) => choose(e.currentTarget.value)}>
					<option value="">{t("form.choose")}</option>
					{targets.map((name) => (
						<option key={name} value={name}>
							{tables.value.get(name)?.title ?? name}
						</option>
					))}
				</select>
			)}
			{chosen && <Rows {...props} key={chosen} table={chosen} value={key} set={(k) => set(several && k !== undefined ? `${chosen}/${k}` : k)} />}
		</span>
	);
}

/** Lets people choose among the rows of a table, and search where there are many. */
function Rows({ table, ...props }: ControlProps & { table: string }) {
	const { field, value, set } = props;
	const [search, setSearch] = useState("");
	const [rows, setRows] = useState<Choice[]>([]);
	const [full, setFull] = useState(false);
	const head = tables.value.get(table);
	useEffect(() => {
		const wanted = new AbortController();
		const conditions = [head?.aside && `${head.aside} eq false`, search && head?.display && `${head.display} ct ${quoted(search)}`];
		const query = { fields: "$key,$display as name", sort: head?.display, limit: most, filter: conditions.filter(Boolean).join(" and ") };
		ask("GET", path([table], query), undefined, {}, wanted.signal).then(({ body }) => {
			setRows(body as Choice[]);
			if (!search) setFull((body as Choice[]).length === most);
		}, () => undefined);
		return () => wanted.abort();
	}, [table, search]);
	const selected = value === undefined || value === null ? "" : String(value);
	const missing = selected !== "" && !rows.some((r) => String(r.$key) === selected);
	const take = (key: string) => set(key === "" ? (field.required ? undefined : null) : head?.key === "number" ? Number(key) : key);
	return (
		<>
			{full && <input type="search" aria-label={t("list.search")} value={search} onInput={(e) => setSearch(e.currentTarget.value)} />}
			<select {...common(props)} value={selected} onChange={(e) => take(e.currentTarget.value)}>
				<option value="">{t(field.required ? "form.choose" : "form.unset")}</option>
				{missing && <option value={selected}>{selected}</option>}
				{rows.map((r) => (
					<option key={r.$key} value={String(r.$key)}>
						{typeof r.name === "number" ? number(r.name) : String(r.name ?? r.$key)}
					</option>
				))}
			</select>
			{rows.length === most && <small>{t("form.pick_more")}</small>}
		</>
	);
}

/** The key itself, where the user has no list to choose from. */
function Key(props: ControlProps) {
	return <input {...common(props)} type="text" value={String(props.value ?? "")} onInput={(e) => props.set(e.currentTarget.value || undefined)} />;
}
