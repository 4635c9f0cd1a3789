// Texts in the user's language, with numbers, dates and plurals as the language has them.
import { en } from "./messages/en";

type Messages = typeof en;
/** The name of a text. */
export type Message = keyof Messages;

const language = "en";
const plurals = new Intl.PluralRules(language);

/** A text, with what stands in braces replaced. */
export function t(message: Message, values: Record<string, string | number> = {}): string {
	const found: string | { one?: string; other: string } = en[message];
	const text = typeof found === "string" ? found : plural(found, Number(values["n"]));
	return text.replace(/\{(\w+)\}/g, (_, name: string) => {
		const v = values[name];
		return typeof v === "number" ? number(v) : (v ?? "");
	});
}

function plural(forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }, n: number): string {
	return forms[plurals.select(n)] ?? forms.other;
}

/** Whether there is a text of that name. */
export const known = (message: string): message is Message => message in en;

const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const moments = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });

export const number = (n: number): string => numbers.format(n);

/** A moment, from seconds since 1970. */
export const moment = (seconds: number): string => moments.format(seconds * 1000);

/** A size in the largest binary unit that it has one of. */
export function size(bytes: number): string {
	const step = bytes < 1 ? 0 : Math.min(5, Math.floor(Math.log2(bytes) / 10));
	const unit = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][step]!;
	return `${numbers.format(bytes / 1024 ** step)} ${unit}`;
}
