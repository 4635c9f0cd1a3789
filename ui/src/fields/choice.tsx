import { t } from "../messages";
import { type ControlProps, common } from "./control";

/** A column with a list of values. */
export function Choice(props: ControlProps) {
	const { field, value, set } = props;
	const preset = field.values?.find((v) => v.value === String(field.default ?? ""));
	const unset = preset ? t("form.default", { value: preset.label }) : t("form.choose");
	return (
		<select {...common(props)} value={String(value ?? "")} onChange={(e) => set(e.currentTarget.value === "" ? undefined : e.currentTarget.value)}>
			<option value="">{unset}</option>
			{field.values?.map((v) => (
				<option key={v.value} value={v.value} disabled={v.not_built !== undefined} title={v.not_built && t("form.not_built", { why: v.not_built })}>
					{v.label}
				</option>
			))}
		</select>
	);
}
