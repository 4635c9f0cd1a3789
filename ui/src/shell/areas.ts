// How tables stand in the navigation.
import { type Head, tables } from "../data/declared";
import { known, type Message, t } from "../messages";

const order = ["compute", "network", "storage", "cluster", "access", "tasks", "system"];

/** Tables that people look for first, in their order; the others of an area are behind them. */
const first = ["vms", "vm_templates", "vm_imports", "vnets", "files", "storage_tiers", "clusters", "nodes", "users", "groups", "auth_sources", "tasks", "task_schedules", "operations", "alarms", "logs", "settings", "tags", "system"];

export interface Area {
	name: string;
	label: string;
	/** The tables that are a thing of their own. */
	main: Head[];
	/** Those that are shown with others. */
	other: Head[];
}

/** The areas of which the user may list something. */
export function areas(): Area[] {
	const rank = (h: Head) => (first.indexOf(h.name) + 1 || first.length + 1);
	const all = [...tables.value.values()].filter((h) => h.may.list);
	const names = [...new Set([...order, ...all.map((h) => h.area)])];
	return names
		.map((name) => {
			const here = all.filter((h) => h.area === name).sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title));
			const main = here.filter((h) => first.includes(h.name));
			return { name, label: areaLabel(name), main, other: here.filter((h) => !main.includes(h)) };
		})
		.filter((a) => a.main.length + a.other.length > 0);
}

function areaLabel(name: string): string {
	const message = `area.${name}`;
	return known(message) ? t(message as Message) : name;
}
