// Tells of changes of what a page shows.

/** What to watch: rows of a table, by a filter over columns of its own. */
export interface Watch {
	table: string;
	filter?: string;
	keys?: (number | string)[];
}

const every = 5_000;

/** Calls changed when rows may have changed, until the function that it returns is called. */
export function watch(_: Watch, changed: () => void): () => void {
	const timer = setInterval(() => document.hidden || changed(), every);
	return () => clearInterval(timer);
}
