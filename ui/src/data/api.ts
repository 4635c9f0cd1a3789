// Requests to the server. The session is in a cookie that no script reads; 401 anywhere shows the login again.
import { signal } from "@preact/signals";

/** A row as replies have it. */
export type Row = Record<string, unknown> & { $key: number | string };

/** Who is signed in; null when nobody is, undefined while it isn't known yet. */
export const session = signal<{ user: number; name: string; admin: boolean } | null | undefined>(undefined);

const onField = /^Validation error on field: '([^']*)' - '([\s\S]*)'$/;

/** What the server said when it refused. */
export class ApiError extends Error {
	/** The column that it is about, and what is wrong with its value; "" and the whole text where it is about none. */
	readonly field: string;
	readonly why: string;
	constructor(
		readonly status: number,
		text: string,
	) {
		super(text);
		const [, field, why] = onField.exec(text) ?? [];
		this.field = field ?? "";
		this.why = why ?? text;
	}
}

export interface Reply {
	body: unknown;
	headers: Headers;
}

/** Sends a request and gives the decoded reply. It throws an ApiError for every status from 400 on; status 0 when no reply came. */
export async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Reply> {
	const sent: Record<string, string> = { ...headers };
	const init: RequestInit = { method, headers: sent, credentials: "same-origin" };
	if (body !== undefined) {
		init.body = JSON.stringify(body);
		sent["Content-Type"] = "application/json";
	}
	if (signal) init.signal = signal;
	let reply: Response;
	try {
		reply = await fetch(path, init);
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new ApiError(0, String(error));
	}
	const text = await reply.text();
	const value = decode(text);
	if (reply.ok) return { body: value, headers: reply.headers };
	if (reply.status === 401 && session.value) session.value = null;
	const err = (value as { err?: unknown } | null)?.err;
	throw new ApiError(reply.status, typeof err === "string" ? err : text.slice(0, 500));
}

function decode(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/** The path of a table, of a row or of an action on it, with what is asked of it. */
export function path(parts: (string | number)[], query: Record<string, string | number | undefined> = {}): string {
	const asked = Object.entries(query).filter(([, v]) => v !== undefined && v !== "");
	const text = asked.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(String(v))}`).join("&");
	return `/api/v4/${parts.map((p) => encodeURIComponent(String(p))).join("/")}${text && `?${text}`}`;
}

/** A text as the query language writes it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A key as the query language writes it. */
export const literal = (key: number | string): string => (typeof key === "number" ? String(key) : quoted(key));
