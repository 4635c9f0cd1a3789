// Which input a column of each type has. A type that isn't here has a line of text.
import type { Field } from "../data/declared";
import { Bool } from "./bool";
import { Choice } from "./choice";
import type { Control } from "./control";
import { Json } from "./json";
import { Num } from "./number";
import { Reference } from "./reference";
import { LongText, Text } from "./text";

const controls: Record<string, Control> = {
	bool: Bool,
	enabled: Bool,
	filename: Text,
	filesize: Num,
	int8: Num,
	int16: Num,
	int32: Num,
	int64: Num,
	json: Json,
	num: Num,
	row: Reference,
	string: Text,
	text: LongText,
	uint8: Num,
	uint16: Num,
	uint32: Num,
	uint64: Num,
};

export const controlOf = (field: Field): Control => (field.values ? Choice : (controls[field.type] ?? Text));
