import { type ControlProps, common } from "./control";

/** One line. */
export function Text(props: ControlProps) {
	const { field, value, set } = props;
	const preset = field.default === undefined ? field.example : String(field.default);
	const all = {
		...common(props),
		minLength: field.min_length,
		maxLength: field.max_length || undefined,
		title: field.hint,
		value: String(value ?? ""),
		onInput: ({ currentTarget: input }: { currentTarget: HTMLInputElement }) => {
			// The attribute pattern would be read by other rules than those of the declaration.
			const fits = !field.pattern || input.value === "" || new RegExp(field.pattern, "u").test(input.value);
			input.setCustomValidity(fits ? "" : (field.hint ?? field.label));
			set(input.value);
		},
	};
	if (field.secret) return <input {...all} type="password" autocomplete="new-password" />;
	return <input {...all} type="text" autocomplete="off" spellcheck={false} dir="auto" placeholder={preset} />;
}

/** Text of several lines. */
export function LongText(props: ControlProps) {
	const { field, value, set } = props;
	return (
		<textarea {...common(props)} rows={4} dir="auto" maxLength={field.max_length || undefined} value={String(value ?? "")} onInput={(e) => set(e.currentTarget.value)} />
	);
}
