// Texts in the user's language, with numbers, dates and plurals as the language has them.
import { en } from "./messages/en";

/** The name of a text. */
export type Message = keyof typeof en;

type Text = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { other: string });

/** All texts in one language. */
export type Texts = Record<Message, Text>;

/** The languages that there are, each by its own name. Texts that no message has come from the server, in English. */
export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

const others: Record<Exclude<Language, "en">, () => Promise<Texts>> = {
	de: async () => (await import("./messages/de")).de,
};

const stored = "language";

/** The one that was chosen, or the first of the browser's that there is. */
export const language: Language = [localStorage.getItem(stored), ...navigator.languages.map((l) => l.slice(0, 2)), "en"].find((l): l is Language => l !== null && l in languages)!;

let texts: Texts = en;

/** Makes the texts ready. Until then they are English. */
export async function readTexts(): Promise<void> {
	document.documentElement.lang = language;
	if (language !== "en") texts = await others[language]();
}

/** Takes another language from now on: the page is loaded anew. */
export function speak(next: Language): void {
	localStorage.setItem(stored, next);
	location.reload();
}

const plurals = new Intl.PluralRules(language);

/** A text, with what stands in braces replaced. */
export function t(message: Message, values: Record<string, string | number> = {}): string {
	const found = texts[message];
	const text = typeof found === "string" ? found : plural(found, Number(values["n"]));
	return text.replace(/\{(\w+)\}/g, (_, name: string) => {
		const v = values[name];
		return typeof v === "number" ? number(v) : (v ?? "");
	});
}

const plural = (forms: Exclude<Text, string>, n: number): string => forms[plurals.select(n)] ?? forms.other;

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
