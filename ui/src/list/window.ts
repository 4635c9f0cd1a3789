// The rows of a list, read a piece at a time as they come into sight.
import { signal } from "@preact/signals";
import { ApiError, ask, path, type Row } from "../data/api";

/** What is listed. */
export interface Wanted {
	table: string;
	fields: string;
	filter: string;
	sort: string;
}

const piece = 100;
/** After a change, the list is read again at most this often. */
const rest = 700;

export class Window {
	/** How many rows there are; undefined until the first have come. */
	readonly total = signal<number | undefined>(undefined);
	readonly error = signal<ApiError | null>(null);
	/** Grows whenever rows have come. */
	readonly version = signal(0);

	private pieces = new Map<number, Row[]>();
	private reading = new Set<number>();
	private from = 0;
	private until = piece;
	private timer = 0;
	private stopped = new AbortController();

	constructor(private readonly wanted: Wanted) {
		this.show(0, 1);
	}

	row(index: number): Row | undefined {
		return this.pieces.get(Math.floor(index / piece))?.[index % piece];
	}

	/** Reads what is lacking of the rows from first to last, which are in sight. */
	show(first: number, last: number): void {
		this.from = Math.floor(first / piece);
		this.until = Math.floor(last / piece);
		for (let n = this.from; n <= this.until; n++) if (!this.pieces.has(n)) void this.read(n);
	}

	/** Something has changed: what is in sight is read again, the rest when it comes into sight. */
	stale = (): void => {
		if (this.timer) return;
		this.timer = window.setTimeout(() => {
			this.timer = 0;
			for (const n of this.pieces.keys()) if (n < this.from || n > this.until) this.pieces.delete(n);
			for (let n = this.from; n <= this.until; n++) void this.read(n);
		}, rest);
	};

	stop(): void {
		clearTimeout(this.timer);
		this.stopped.abort();
	}

	private async read(n: number): Promise<void> {
		if (this.reading.has(n)) return;
		this.reading.add(n);
		const { table, fields, filter, sort } = this.wanted;
		const query = { fields, filter, sort, limit: piece, offset: n * piece, $count: 1 };
		try {
			const { body, headers } = await ask("GET", path([table], query), undefined, {}, this.stopped.signal);
			const rows = body as Row[];
			this.pieces.set(n, rows);
			const told = headers.get("X-Total-Count");
			this.total.value = told === null ? n * piece + rows.length : Number(told);
			this.error.value = null;
			this.version.value++;
		} catch (error) {
			if (error instanceof ApiError) this.error.value = error;
		} finally {
			this.reading.delete(n);
		}
	}
}
