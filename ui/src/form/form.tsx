// The form of any table, and of the parameters of any action.
import { useId, useRef, useState } from "preact/hooks";
import { ApiError } from "../data/api";
import type { Field } from "../data/declared";
import { controlOf } from "../fields";
import { number, t } from "../messages";
import { said } from "../load";
import { dropDraft, keepDraft, readDraft } from "./draft";

export type Values = Record<string, unknown>;

interface Props {
	fields: Field[];
	/** What the row has, or is given. */
	given?: Values;
	/** Under which name what is typed is kept until it is saved. */
	draft: string;
	submit: string;
	/** Saves what was changed. An ApiError that it throws is shown at its column. */
	save: (changes: Values) => Promise<void>;
	/** Tells what would become of the changes. */
	check?: (changes: Values) => Promise<string[]>;
	cancel: () => void;
}

export function Form({ fields, given = {}, draft, submit, save, check, cancel }: Props) {
	const [changes, setChanges] = useState<Values>(() => readDraft(draft));
	const [kept, setKept] = useState(Object.keys(changes).length > 0);
	const [error, setError] = useState<ApiError | null>(null);
	const [would, setWould] = useState<string[] | null>(null);
	const [busy, setBusy] = useState(false);
	const form = useRef<HTMLFormElement>(null);
	const values: Values = { ...given, ...changes };
	const change = (field: Field, value: unknown) => {
		const next = { ...changes };
		if (value === undefined) delete next[field.name];
		else next[field.name] = value;
		keepDraft(draft, next, fields);
		setChanges(next);
		setWould(null);
		if (error?.field === field.name) setError(null);
	};
	const run = async (what: () => Promise<void>) => {
		setBusy(true);
		setError(null);
		try {
			await what();
		} catch (e) {
			const shown = e instanceof ApiError ? e : new ApiError(-1, said(e));
			setError(shown);
			queueMicrotask(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true], [role=alert]")?.focus());
		} finally {
			setBusy(false);
		}
	};
	const shown = fields.filter((f) => counts(f, fields, values));
	const sent = () => Object.fromEntries(Object.entries(changes).filter(([name]) => shown.some((f) => f.name === name)));
	const sections = [...new Set(shown.map((f) => f.section ?? ""))];
	const elsewhere = error && !shown.some((f) => f.name === error.field);
	return (
		<form
			ref={form}
			class="form"
			onSubmit={(e) => {
				e.preventDefault();
				void run(async () => {
					await save(sent());
					dropDraft(draft);
				});
			}}
		>
			{kept && (
				<p class="note">
					{t("form.kept")}{" "}
					<button
						type="button"
						onClick={() => {
							dropDraft(draft);
							setChanges({});
							setKept(false);
						}}
					>
						{t("form.drop")}
					</button>
				</p>
			)}
			{sections.map((section) => (
				<fieldset key={section}>
					{(section || sections.length > 1) && <legend>{section || t("form.general")}</legend>}
					{shown
						.filter((f) => (f.section ?? "") === section)
						.map((f) => (
							<Input key={f.name} field={f} value={values[f.name]} set={(v) => change(f, v)} wrong={error?.field === f.name ? error.why : ""} />
						))}
				</fieldset>
			))}
			{elsewhere && (
				<p role="alert" class="error" tabIndex={-1}>
					{error.status === 412 ? t("form.stale") : said(error)}
				</p>
			)}
			{would && (
				<div class="note" role="status">
					<p>{t(would.length ? "form.would" : "form.would_nothing")}</p>
					<ul>
						{would.map((line) => (
							<li key={line}>{line}</li>
						))}
					</ul>
				</div>
			)}
			<div class="buttons">
				<button type="submit" class="primary" disabled={busy}>
					{submit}
				</button>
				{check && (
					<button type="button" disabled={busy} onClick={() => run(async () => setWould(await check(sent())))}>
						{t("form.check")}
					</button>
				)}
				<button type="button" onClick={cancel}>
					{t("form.cancel")}
				</button>
			</div>
		</form>
	);
}

/** Whether a column counts, as things are in the form. */
function counts(field: Field, fields: Field[], values: Values): boolean {
	const when = field.only_when;
	if (!when) return true;
	const on = fields.find((f) => f.name === when.column);
	const value = String(values[when.column] ?? on?.default ?? (on?.type === "bool" ? false : ""));
	return when.is ? when.is.includes(value) : value !== "";
}

interface InputProps {
	field: Field;
	value: unknown;
	set: (value: unknown) => void;
	wrong: string;
}

/** A column with its label, what helps to fill it in, and what is wrong with what was. */
export function Input({ field, value, set, wrong }: InputProps) {
	const id = useId();
	const Control = controlOf(field);
	const help = [field.doc, range(field), field.hint, field.at_start && t("form.at_start"), field.secret && t("form.secret"), field.not_built && t("form.not_built", { why: field.not_built })];
	return (
		<div class={wrong ? "field wrong" : "field"}>
			<label for={id}>
				{field.label}
				{field.required && <abbr title={t("form.required")}> *</abbr>}
			</label>
			<Control field={field} id={id} describedBy={`${id}-help ${id}-wrong`} invalid={wrong !== ""} value={value} set={set} />
			<small id={`${id}-help`}>{help.filter(Boolean).join(". ")}</small>
			<span id={`${id}-wrong`} class="error" aria-live="polite">
				{wrong}
			</span>
		</div>
	);
}

function range(field: Field): string {
	if (field.min === undefined || field.max === undefined) return "";
	return field.max > 2 ** 31 ? t("form.from", { least: number(field.min) }) : t("form.range", { least: number(field.min), most: number(field.max) });
}
