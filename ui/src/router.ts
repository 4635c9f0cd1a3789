// Which page is shown follows from the address alone: /TABLE, /TABLE/new, /TABLE/KEY, /TABLE/KEY/TAB.
import { computed, signal } from "@preact/signals";

const address = signal(location.pathname + location.search);

addEventListener("popstate", () => {
	address.value = location.pathname + location.search;
});

/** The parts of the path, decoded. */
export const parts = computed(() => address.value.split("?")[0]!.split("/").filter(Boolean).map(decode));

/** What stands behind the path. */
export const query = computed(() => new URLSearchParams(address.value.split("?")[1] ?? ""));

/** The address of a page. */
export function to(...path: (string | number)[]): string {
	return `/${path.map((p) => encodeURIComponent(String(p))).join("/")}`;
}

/** Shows another page. With replace, the back button doesn't come here again. */
export function go(href: string, replace = false): void {
	if (href === address.value) return;
	history[replace ? "replaceState" : "pushState"](null, "", href);
	address.value = href;
	if (!replace) document.querySelector("main")?.scrollTo(0, 0);
}

/** Changes what stands behind the path; empty values are left out. */
export function setQuery(changes: Record<string, string>): void {
	const next = new URLSearchParams(query.value);
	for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name);
	const text = next.toString();
	go(location.pathname + (text && `?${text}`), true);
}

/** Follows links to pages of ours without loading anything anew. Those to the server's own pages carry a target. */
addEventListener("click", (event) => {
	const link = (event.target as Element).closest?.("a[href]");
	if (!(link instanceof HTMLAnchorElement) || link.target || link.origin !== location.origin || link.hash) return;
	if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
	event.preventDefault();
	go(link.pathname + link.search);
});

function decode(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
