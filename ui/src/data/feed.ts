// One connection tells of all changes that a page has to know of. It is opened when something is first watched, and comes back by itself; without
// it, what is shown is read again now and then.
import { signal } from "@preact/signals";
import { session } from "./api";

/** What to watch: rows of a table, by a filter over columns of its own. */
export interface Watch {
	table: string;
	filter?: string;
	keys?: (number | string)[];
}

/** Whether changes arrive as they happen, or did until now; undefined until the first connection stands. */
export const live = signal<boolean | undefined>(undefined);

interface Subscription {
	watch: Watch;
	/** Called when rows have changed, or may have. */
	changed: () => void;
}

/** Without a connection everything is read again this often, and the connection is tried again after at most the second, in milliseconds. */
const every = 5_000;
const longest = 30_000;

const subscriptions = new Map<string, Subscription>();
let socket: WebSocket | undefined;
let retry = 0;
let failures = 0;
let names = 0;

/** Calls changed soon after each change of what is watched, until the function that it returns is called. */
export function watch(what: Watch, changed: () => void): () => void {
	const name = `s${++names}`;
	subscriptions.set(name, { watch: what, changed });
	if (socket?.readyState === WebSocket.OPEN) begin(name, what);
	else connect();
	return () => {
		subscriptions.delete(name);
		if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ drop: name }));
	};
}

function begin(name: string, { table, filter, keys }: Watch): void {
	socket?.send(JSON.stringify({ set: name, table, fields: "$key", ...(filter && { filter }), ...(keys && { keys }) }));
}

function connect(): void {
	if (socket || retry || !session.value) return;
	const opened = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/sys/feed`);
	socket = opened;
	opened.onopen = () => {
		live.value = true;
		failures = 0;
		for (const [name, s] of subscriptions) begin(name, s.watch);
	};
	// A list that was read before it was watched is read once more when the subscription stands: nothing falls between.
	opened.onmessage = ({ data }) => {
		const { name = "", event } = JSON.parse(String(data)) as { name?: string; event: string };
		if (event !== "error") subscriptions.get(name)?.changed();
	};
	opened.onclose = () => {
		socket = undefined;
		if (live.value) live.value = false;
		if (!session.value) return;
		retry = window.setTimeout(again, Math.min(longest, 500 * 2 ** failures++) * (0.75 + Math.random() / 2));
	};
}

function again(): void {
	clearTimeout(retry);
	retry = 0;
	if (subscriptions.size > 0) connect();
}

setInterval(() => {
	if (socket?.readyState === WebSocket.OPEN || document.hidden) return;
	for (const s of subscriptions.values()) s.changed();
}, every);

addEventListener("online", again);
session.subscribe((who) => {
	if (who) again();
	else socket?.close();
});
