// Which columns a list has, and what has to be asked for them.
import type { ComponentChildren } from "preact";
import type { Row } from "../data/api";
import type { Field, Table } from "../data/declared";
import { asks, isNumber, showable, Shown } from "../fields/shown";
import { h } from "preact";

/** A column of a list. */
export interface Column {
	name: string;
	label: string;
	/** The entries of the parameter fields. */
	asks: string[];
	/** What the list is sorted by; undefined where it can't be. */
	sort?: string;
	right?: boolean;
	/** Whether it leads to the row's own page. */
	leads?: boolean;
	show: (row: Row) => ComponentChildren;
}

export function columnOf(field: Field, display?: string): Column {
	const sort = field.type === "json" ? {} : { sort: field.type === "row" ? `${field.name}#$display` : field.name };
	return { name: field.name, label: field.label, asks: asks(field), ...sort, right: isNumber(field), leads: field.name === display, show: (row) => h(Shown, { field, row }) };
}

const key: Column = { name: "$key", label: "#", asks: [], sort: "$key", right: true, leads: true, show: (row) => String(row.$key) };

/** All columns that people can choose. */
export const columnsOf = (table: Table): Column[] => [key, ...table.fields.filter(showable).map((f) => columnOf(f, table.display))];

const usual = 6;

/** The order of a list: by name, or the newest first where people write nothing. */
export const usualSort = (table: Table): string => (table.read_only && table.key === "number" ? "-$key" : (table.display ?? "$key"));

/** Those that a list has until somebody chooses others: the name first, then what the declaration calls its summary. */
export function usualColumns(table: Table): string[] {
	const shown = table.fields.filter((f) => showable(f) && f.type !== "json");
	const first = shown.filter((f) => f.name === table.display);
	const summary = shown.filter((f) => f.summary && f.name !== table.display);
	const rest = summary.length > 0 ? summary : shown.filter((f) => f.name !== table.display);
	const names = [...first, ...rest].slice(0, usual).map((f) => f.name);
	return first.length > 0 ? names : [key.name, ...names];
}
