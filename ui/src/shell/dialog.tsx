import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

/** A native dialog, open for as long as it is there. Escape closes it, and the focus goes back to where it was. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
	const dialog = useRef<HTMLDialogElement>(null);
	const id = useId();
	useEffect(() => {
		const before = document.activeElement as HTMLElement | null;
		dialog.current!.showModal();
		return () => before?.focus?.();
	}, []);
	return (
		<dialog ref={dialog} aria-labelledby={id} onClose={close}>
			<h2 id={id} dir="auto">
				{title}
			</h2>
			{children}
		</dialog>
	);
}
