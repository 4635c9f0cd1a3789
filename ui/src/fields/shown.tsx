// How a value is shown in lists and on pages of rows.
import type { ComponentChildren } from "preact";
import type { Row } from "../data/api";
import { type Field, tables } from "../data/declared";
import { moment, number, size, t } from "../messages";
import { to } from "../router";

/** Under which name a reply has the words for the row that a column leads to. */
export const named = (column: string): string => `${column}__display`;

/** What has to be asked for to show a column. */
export function asks(field: Field): string[] {
	return field.type === "row" ? [field.name, `${field.name}#$display as ${named(field.name)}`] : [field.name];
}

/** Whether a column can be shown in a cell and on a page. */
export const showable = (field: Field): boolean => field.type !== "rows" && !field.secret;

/** Whether values stand at the right, as numbers do. */
export const isNumber = (field: Field): boolean => !field.values && (/^(u?int\d+|num)$/.test(field.type) || field.type.startsWith("file") && field.type !== "filename" && field.type !== "filemodified");

/** The value of a column as people read it. */
export function Shown({ field, row }: { field: Field; row: Row }): ComponentChildren {
	const value = row[field.name];
	if (value === null || value === undefined || value === "") return <span class="none">{t("value.none")}</span>;
	if (typeof value === "boolean") return t(value ? "value.yes" : "value.no");
	if (field.type === "row") return <Linked field={field} value={value as string | number} name={row[named(field.name)]} />;
	if (typeof value === "number") return numeric(field, value);
	if (typeof value === "object") return <code>{JSON.stringify(value)}</code>;
	const label = field.values?.find((v) => v.value === value)?.label;
	return <span dir="auto">{label ?? String(value)}</span>;
}

function numeric(field: Field, value: number): string {
	const unit = field.unit ?? "";
	const since = /^(milli|micro)?seconds since 1970$/.exec(unit);
	if (since) return value === 0 ? t("value.none") : moment(value / (since[1] === "milli" ? 1e3 : since[1] === "micro" ? 1e6 : 1));
	if (unit === "bytes") return size(value);
	if (unit === "MiB") return size(value * 2 ** 20);
	return unit ? `${number(value)} ${unit}` : number(value);
}

function Linked({ field, value, name }: { field: Field; value: string | number; name: unknown }) {
	const text = String(value);
	const several = (field.leads_to?.length ?? 0) !== 1;
	const [table, key] = several ? [text.slice(0, text.indexOf("/")), text.slice(text.indexOf("/") + 1)] : [field.leads_to![0]!, text];
	const words = String(name ?? text);
	if (!tables.value.get(table)?.may.read) return <span dir="auto">{words}</span>;
	return (
		<a href={to(table, key)} dir="auto">
			{words}
		</a>
	);
}
