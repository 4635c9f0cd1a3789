// The declarations of the tables that the user may have a right on, as the server tells them: what all lists, forms and pages are made of.
import { signal } from "@preact/signals";
import { ask } from "./api";

export interface Value {
	value: string;
	label: string;
	not_built?: string;
}

export interface Field {
	name: string;
	label: string;
	type: string;
	section?: string;
	required?: boolean;
	filled?: boolean;
	read_only?: boolean;
	create_only?: boolean;
	at_start?: boolean;
	summary?: boolean;
	secret?: boolean;
	default?: unknown;
	values?: Value[];
	leads_to?: string[];
	back?: string;
	min?: number;
	max?: number;
	min_length?: number;
	max_length?: number;
	pattern?: string;
	hint?: string;
	example?: string;
	unit?: string;
	doc?: string;
	only_when?: { column: string; is?: string[] };
	not_built?: string;
}

export interface Action {
	name: string;
	doc?: string;
	not_built?: string;
	params?: Field[];
}

/** What can be said of a table as a whole. */
export interface Head {
	name: string;
	title: string;
	doc: string;
	area: string;
	key: string;
	display?: string;
	owner?: string;
	parent?: string;
	/** The table that parent leads to. */
	below?: string;
	aside?: string;
	read_only?: boolean;
	not_built?: string;
	may: Rights;
}

export interface Table extends Head {
	fields: Field[];
	actions?: Action[];
}

export interface Rights {
	list: boolean;
	read: boolean;
	create: boolean;
	modify: boolean;
	delete: boolean;
}

/** All tables by name, without their columns. */
export const tables = signal<Map<string, Head>>(new Map());

const whole = new Map<string, Promise<Table>>();

/** Reads which tables there are for this user; what was read of them before is forgotten. */
export async function readTables(): Promise<void> {
	whole.clear();
	const { tables: all } = (await ask("GET", "/api/sys/forms?brief=1")).body as { tables: Head[] };
	tables.value = new Map(all.map((t) => [t.name, t]));
}

/** The whole declaration of a table, read once. */
export function declared(name: string): Promise<Table> {
	let found = whole.get(name);
	if (!found) {
		found = ask("GET", `/api/sys/forms?tables=${encodeURIComponent(name)}`).then(({ body }) => {
			const [table] = (body as { tables: Table[] }).tables;
			if (!table) throw new Error(name);
			return { ...table, fields: table.fields ?? [] };
		});
		found.catch(() => whole.delete(name));
		whole.set(name, found);
	}
	return found;
}

/** What the user may do with rows ("vms/42") and tables ("vms"), in their order. */
export async function can(...objects: string[]): Promise<Rights[]> {
	return (await ask("POST", "/api/sys/can", { objects })).body as Rights[];
}

/** What is measured, or is told of one row in one other: shown with that row, and no list of anybody's. */
const facts = /_(stats|status)(_|$)/;

/** The tables of rows that hang off a row of a table. */
export const childrenOf = (table: string): Head[] => [...tables.value.values()].filter((t) => t.below === table && t.may.list && !facts.test(t.name));
