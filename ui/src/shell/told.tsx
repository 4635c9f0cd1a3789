// What has happened, said where people see it and where screen readers hear it.
import { signal } from "@preact/signals";

interface Told {
	id: number;
	text: string;
	stays: boolean;
}

const told = signal<Told[]>([]);
const seconds = 8;
let count = 0;

/** Says something. What stays goes when somebody sends it away. */
export function tell(text: string, stays = false): void {
	const id = ++count;
	told.value = [...told.value, { id, text, stays }];
	if (!stays) setTimeout(() => drop(id), seconds * 1000);
}

const drop = (id: number) => {
	told.value = told.value.filter((x) => x.id !== id);
};

export function ToldRegion({ close }: { close: string }) {
	return (
		<div class="told" role="status" aria-live="polite">
			{told.value.map(({ id, text, stays }) => (
				<p key={id} dir="auto">
					<span class={stays ? "code" : undefined}>{text}</span>
					<button type="button" aria-label={close} onClick={() => drop(id)}>
						<span aria-hidden="true">✕</span>
					</button>
				</p>
			))}
		</div>
	);
}
