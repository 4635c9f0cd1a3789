// What stands above the parts of a VM's page: how it is, and why.
import { useEffect, useState } from "preact/hooks";
import { ask, path, type Row } from "../data/api";
import { watch } from "../data/feed";
import { t } from "../messages";
import type { PartProps } from "../pages";
import { State } from "./state";

const fields = "$key,machine#status#status as state,machine#status#status_info as state_info,machine#status#node#$display as host,need_restart,restart_reason";

export function Top({ row }: PartProps) {
	const [now, setNow] = useState<Row | null>(null);
	useEffect(() => {
		const read = () => void ask("GET", path(["vms", row.$key], { fields })).then(({ body }) => setNow(body as Row), () => undefined);
		read();
		return watch({ table: "machine_status", filter: `machine eq ${row["machine"]}` }, read);
	}, [row]);
	if (!now) return null;
	return (
		<div class="top-facts" role="status">
			<p>
				<State row={now} /> <span dir="auto">{String(now["state_info"] ?? "")}</span> {now["host"] ? <span dir="auto">{`${t("vm.host")}: ${now["host"]}`}</span> : null}
			</p>
			{now["need_restart"] === true && <p class="note">{t("vm.waits", { why: String(now["restart_reason"] ?? "") })}</p>}
		</div>
	);
}
