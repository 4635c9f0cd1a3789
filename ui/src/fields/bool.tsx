import type { ControlProps } from "./control";

export function Bool({ field, id, describedBy, value, set }: ControlProps) {
	const checked = value === undefined || value === null ? field.default === true : value === true;
	return <input type="checkbox" id={id} name={field.name} aria-describedby={describedBy} checked={checked} onChange={(e) => set(e.currentTarget.checked)} />;
}
