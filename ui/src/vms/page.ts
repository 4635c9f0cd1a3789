// What the pages of VMs have beyond what the declaration says.
import { h } from "preact";
import type { Row } from "../data/api";
import type { Column } from "../list/columns";
import { t } from "../messages";
import type { Page } from "../pages";
import { State } from "./state";

const text = (name: string) => (row: Row) => h("span", { dir: "auto" }, String(row[name] ?? t("value.none")));

const columns = (): Column[] => [
	{ name: "state", label: t("vm.status"), asks: ["machine#status#status as state", "machine#status#status_info as state_info"], sort: "machine#status#status", show: (row) => h(State, { row }) },
	{ name: "host", label: t("vm.host"), asks: ["machine#status#node#$display as host"], sort: "machine#status#node#$display", show: text("host") },
	{ name: "address", label: t("vm.address"), asks: ["machine[nics[ipaddress]] as address"], show: (row) => addresses(row) },
];

function addresses(row: Row): string {
	const { nics } = (row["address"] ?? {}) as { nics?: { ipaddress: string | null }[] };
	return (nics ?? []).map((n) => n.ipaddress).filter(Boolean).join(", ") || t("value.none");
}

export const vms: Page = {
	columns,
	usual: ["name", "state", "host", "address", "cpu_cores", "ram", "description"],
	sort: "name",
	watches: [{ table: "machine_status" }, { table: "machine_nics" }],
	create: async () => (await import("./wizard")).Wizard,
	top: async () => (await import("./top")).Top,
	tabs: [{ name: "console", label: "vm.console", load: async () => (await import("../console/screen")).Screen }],
	below: { table: "machines", by: "machine" },
	first: ["poweron", "guestreboot", "poweroff", "kill"],
	confirm: { kill: "vm.confirm_text", reset: "vm.confirm_text", poweroff: "vm.confirm_off" },
};
