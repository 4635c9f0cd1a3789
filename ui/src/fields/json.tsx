import { useState } from "preact/hooks";
import { t } from "../messages";
import { type ControlProps, common } from "./control";

/** A JSON document, as text. */
export function Json(props: ControlProps) {
	const { value, set } = props;
	const [text, setText] = useState(value === undefined || value === null ? "" : JSON.stringify(value, null, 2));
	const typed = (input: HTMLTextAreaElement) => {
		setText(input.value);
		try {
			set(input.value.trim() === "" ? null : JSON.parse(input.value));
			input.setCustomValidity("");
		} catch (error) {
			input.setCustomValidity(t("form.bad_json", { why: (error as Error).message }));
		}
	};
	return <textarea {...common(props)} class="code" rows={5} spellcheck={false} value={text} onInput={(e) => typed(e.currentTarget)} />;
}
