// A guest's screen, by noVNC.
import type RFB from "@novnc/novnc";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, path, type Row } from "../data/api";
import { watch } from "../data/feed";
import { t } from "../messages";
import type { PartProps } from "../pages";

type Phase = "off" | "connecting" | "connected" | "closed" | "password";

/** How long after a connection ended the next is tried, in milliseconds. */
const rest = 3_000;

const has = "machine#status#running as running,console_status#type as type";
const isThere = (row: Row) => row["running"] === true && !!row["type"];

export function Screen({ row }: PartProps) {
	const box = useRef<HTMLDivElement>(null);
	const rfb = useRef<RFB | null>(null);
	const [phase, setPhase] = useState<Phase>("connecting");
	const [fit, setFit] = useState(true);
	const [turn, setTurn] = useState(0);
	const [there, setThere] = useState(false);
	useEffect(() => {
		const read = () => void ask("GET", path(["vms", row.$key], { fields: has })).then(({ body }) => setThere(isThere(body as Row)), () => undefined);
		read();
		return watch({ table: "machine_status", filter: `machine eq ${row["machine"]}` }, read);
	}, [row.$key, row["machine"], turn]);
	useEffect(() => {
		let over = false;
		let timer = 0;
		setPhase(there ? "connecting" : "off");
		if (!there) return;
		void import("@novnc/novnc").then(({ default: Rfb }) => {
			if (over) return;
			const opened = new Rfb(box.current!, socketOf(row["machine"]));
			opened.scaleViewport = true;
			opened.background = "";
			opened.addEventListener("connect", () => setPhase("connected"));
			opened.addEventListener("credentialsrequired", () => setPhase("password"));
			opened.addEventListener("disconnect", () => {
				rfb.current = null;
				if (over) return;
				setPhase("closed");
				timer = window.setTimeout(() => setTurn(turn + 1), rest);
			});
			rfb.current = opened;
		});
		return () => {
			over = true;
			clearTimeout(timer);
			rfb.current?.disconnect();
		};
	}, [row["machine"], turn, there]);
	useEffect(() => {
		if (rfb.current) rfb.current.scaleViewport = fit;
	}, [fit, phase]);
	const answer = (e: SubmitEvent) => {
		e.preventDefault();
		rfb.current?.sendCredentials({ password: String(new FormData(e.currentTarget as HTMLFormElement).get("password")) });
		setPhase("connecting");
	};
	return (
		<section class="console" aria-label={t("console.title", { name: String(row["$display"] ?? "") })}>
			<div class="tools">
				<span role="status">{phase !== "password" && t(`console.${phase}`)}</span>
				{phase === "closed" && (
					<button type="button" onClick={() => setTurn(turn + 1)}>
						{t("console.again")}
					</button>
				)}
				{phase === "connected" && (
					<>
						<button type="button" onClick={() => rfb.current?.sendCtrlAltDel()}>
							{t("console.keys")}
						</button>
						<button type="button" onClick={() => void box.current?.requestFullscreen()}>
							{t("console.full")}
						</button>
						<label>
							<input type="checkbox" checked={fit} onChange={(e) => setFit(e.currentTarget.checked)} /> {t("console.fit")}
						</label>
					</>
				)}
			</div>
			{phase === "password" && (
				<form onSubmit={answer}>
					<label for="console-password">{t("console.password")}</label>
					<input id="console-password" name="password" type="password" autocomplete="off" required />
					<button type="submit">{t("login.submit")}</button>
				</form>
			)}
			<div class="screen" ref={box} />
		</section>
	);
}

const socketOf = (machine: unknown) => `${location.origin.replace(/^http/, "ws")}/api/v4/machine_console/${machine}`;
