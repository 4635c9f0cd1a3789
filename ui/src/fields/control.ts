import type { ComponentType } from "preact";
import type { Field } from "../data/declared";

/** What an input of a form is given. */
export interface ControlProps {
	field: Field;
	/** Of the input, which its label names. */
	id: string;
	/** Of the texts that explain it and say what is wrong with it. */
	describedBy: string;
	invalid: boolean;
	/** What was typed, or what the row has; undefined where nothing was and the server chooses. */
	value: unknown;
	/** Takes over what is typed; undefined leaves the choice to the server, null empties the column. */
	set: (value: unknown) => void;
}

export type Control = ComponentType<ControlProps>;

/** The attributes that all native inputs have in common. */
export function common({ field, id, describedBy, invalid }: ControlProps) {
	return { id, name: field.name, required: field.required, "aria-describedby": describedBy, "aria-invalid": invalid };
}
