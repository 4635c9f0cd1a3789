import type { Head } from "../data/declared";
import { known, t } from "../messages";

/** What the rows of a table are called: by a text of ours where there is one, else by the declaration's own title. */
export function titleOf(head: Head): string {
	const message = `table.${head.name}`;
	return known(message) ? t(message) : head.title;
}
