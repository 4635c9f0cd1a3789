// What a page has to wait for.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "./data/api";
import { t } from "./messages";

type State<T> = { value?: T; error?: Error };

/** Reads something anew whenever one of the inputs changes; again reads it once more. */
export function useRead<T>(read: () => Promise<T>, inputs: unknown[]): State<T> & { again: () => void } {
	const [state, setState] = useState<State<T> & { inputs?: unknown[] }>({});
	const [turn, setTurn] = useState(0);
	useEffect(() => {
		let wanted = true;
		read().then(
			(value) => wanted && setState({ value, inputs }),
			(error: Error) => wanted && setState({ error, inputs }),
		);
		return () => {
			wanted = false;
		};
	}, [...inputs, turn]);
	const current = state.inputs?.every((v, i) => v === inputs[i]) ? state : {};
	return { ...current, again: () => setTurn((n) => n + 1) };
}

/** Shows what was read, or that it is still read, or why it can't be. */
export function Read<T>({ state, children }: { state: State<T> & { again: () => void }; children: (value: T) => ComponentChildren }) {
	if (state.error) {
		return (
			<p role="alert" class="error">
				{said(state.error)} <button onClick={state.again}>{t("app.again")}</button>
			</p>
		);
	}
	if (state.value === undefined) return <p class="loading">{t("app.loading")}</p>;
	return <>{children(state.value)}</>;
}

/** What people read of an error. */
export function said(error: unknown): string {
	if (error instanceof ApiError) return error.status === 0 ? t("app.unreachable") : error.field ? `${error.field}: ${error.why}` : error.message;
	return t("app.failed", { why: (error as Error).message });
}
