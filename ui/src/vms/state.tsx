import type { Row } from "../data/api";

/** The state of a machine in words, with a mark that helps who sees colours. */
export function State({ row }: { row: Row }) {
	const state = String(row["state"] ?? "");
	return (
		<span class="state" data-state={state} title={String(row["state_info"] ?? "") || undefined}>
			{state}
		</span>
	);
}
