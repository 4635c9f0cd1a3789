// A new VM with a disk, an image and a NIC, on one page.
import { ApiError, ask, path, type Row } from "../data/api";
import type { Field, Table } from "../data/declared";
import { Form, type Values } from "../form/form";
import { t } from "../messages";
import { go, to } from "../router";
import { tell } from "../shell/told";

const own = ["name", "description", "os_family", "cpu_cores", "ram"];
const gib = 2 ** 30;

/** Columns that lie in the rows that are made with the VM. */
const parts: Field[] = [
	{ name: "disk", label: t("vm.disk"), type: "uint32", unit: "GiB", default: 10, min: 0, max: 65536 },
	{ name: "image", label: t("vm.image"), type: "row", leads_to: ["files"] },
	{ name: "vnet", label: t("vm.network"), type: "row", leads_to: ["vnets"] },
	{ name: "start", label: t("vm.start"), type: "bool", default: true },
];

export function Wizard({ table }: { table: Table }) {
	const fields = [...own.map((n) => table.fields.find((f) => f.name === n)).filter((f) => f !== undefined).map((f) => ({ ...f, section: "", at_start: false })), ...parts];
	return (
		<>
			<h1>{t("vm.new")}</h1>
			<Form fields={fields} draft="vms/new" submit={t("form.create")} save={(values) => make(values)} cancel={() => history.back()} />
		</>
	);
}

async function make({ disk = 10, image, vnet, start = true, ...vm }: Values): Promise<void> {
	const { body } = await ask("POST", path(["vms"]), vm);
	const { $key, response } = body as Row & { response: { machine: string } };
	const machine = response.machine;
	const rest: [string, string, Values][] = [];
	if (Number(disk) > 0) rest.push([t("vm.disk"), "machine_drives", { machine, name: "disk", media: "disk", interface: "virtio-scsi", disksize: Number(disk) * gib }]);
	if (image) rest.push([t("vm.image"), "machine_drives", { machine, name: "cd", media: "cdrom", interface: "ahci", media_source: image }]);
	if (vnet) rest.push([t("vm.network"), "machine_nics", { machine, vnet, interface: "virtio" }]);
	let whole = true;
	for (const [what, table, row] of rest) whole = (await tried(what, () => ask("POST", path([table]), row))) && whole;
	const on = whole && start && (await tried(t("vm.start"), () => ask("POST", path(["vms", $key, "poweron"]), {})));
	go(on ? to("vms", $key, "console") : to("vms", $key), true);
}

/** Does one step of several. The VM is there by now: what fails is told, and can be added on its page. */
async function tried(what: string, step: () => Promise<unknown>): Promise<boolean> {
	try {
		await step();
		return true;
	} catch (e) {
		if (!(e instanceof ApiError)) throw e;
		tell(t("vm.step_vm", { what, why: e.message }), true);
		return false;
	}
}
