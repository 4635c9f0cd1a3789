import { t } from "../messages";
import { tell } from "./told";

/** A button that puts a text on the clipboard. */
export function Copy({ label, text }: { label: string; text: () => string }) {
	const copy = async () => {
		const words = text();
		try {
			await navigator.clipboard.writeText(words);
			tell(t("list.copied"));
		} catch {
			tell(words, true); // without the right to, it is shown for copying by hand
		}
	};
	return (
		<button type="button" onClick={copy}>
			{label}
		</button>
	);
}
