// What was typed and not yet saved survives a reload, in this tab alone. Secrets don't.
import type { Field } from "../data/declared";

const prefix = "draft:";

export function readDraft(name: string): Record<string, unknown> {
	try {
		return JSON.parse(sessionStorage.getItem(prefix + name) ?? "{}");
	} catch {
		return {};
	}
}

export function keepDraft(name: string, values: Record<string, unknown>, fields: Field[]): void {
	const open = Object.entries(values).filter(([n]) => !fields.some((f) => f.name === n && f.secret));
	if (open.length === 0) dropDraft(name);
	else sessionStorage.setItem(prefix + name, JSON.stringify(Object.fromEntries(open)));
}

export function dropDraft(name: string): void {
	sessionStorage.removeItem(prefix + name);
}
