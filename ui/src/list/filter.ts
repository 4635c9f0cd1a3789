// What somebody types above a list: a condition of the query language, or words to look for.
import { quoted } from "../data/api";
import type { Head } from "../data/declared";

const operator = /\s(eq|ne|gt|ge|lt|le|bw|ew|cs|ct|rx|like|in)\s|^\s*\(/i;

/** The condition for what was typed. */
export function condition(typed: string, table: Head): string {
	const text = typed.trim();
	if (text === "" || operator.test(text)) return text;
	return `${table.display ?? "$key"} ${table.display ? "ct" : "eq"} ${quoted(text)}`;
}

/** Conditions that all have to hold. */
export function all(...conditions: (string | false | undefined)[]): string {
	const some = conditions.filter((c): c is string => !!c);
	return some.length > 1 ? some.map((c) => `(${c})`).join(" and ") : (some[0] ?? "");
}
