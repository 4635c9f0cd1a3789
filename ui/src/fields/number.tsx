import { size } from "../messages";
import { type ControlProps, common } from "./control";

export function Num(props: ControlProps) {
	const { field, value, set } = props;
	const typed = Number(value ?? field.default ?? 0);
	return (
		<span class="with-unit">
			<input
				{...common(props)}
				type="number"
				step={field.type === "num" ? "any" : 1}
				min={field.min ?? (field.type.startsWith("u") ? 0 : undefined)}
				max={field.max}
				placeholder={field.default === undefined ? undefined : String(field.default)}
				value={value === undefined || value === null ? "" : String(value)}
				onInput={(e) => set(e.currentTarget.value === "" ? undefined : Number(e.currentTarget.value))}
			/>
			{field.unit && <span class="unit">{field.unit}</span>}
			{isBytes(field.unit) && typed >= 1024 && <output>{size(typed)}</output>}
		</span>
	);
}

const isBytes = (unit?: string) => unit === "bytes";
