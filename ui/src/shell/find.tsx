// Goes to any page, and to any row by its name.
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, path, quoted, type Row } from "../data/api";
import { type Head, tables } from "../data/declared";
import { t } from "../messages";
import { go, to } from "../router";
import { areas } from "./areas";
import { Dialog } from "./dialog";
import { titleOf } from "./titles";

interface Hit {
	href: string;
	words: string;
	kind: string;
}

const most = 8;

export function Find() {
	const [open, setOpen] = useState(false);
	useEffect(() => {
		const pressed = (e: KeyboardEvent) => {
			const typing = (e.target as Element).closest?.("input, textarea, select, canvas");
			if ((e.key === "k" && (e.ctrlKey || e.metaKey)) || (e.key === "/" && !typing)) {
				e.preventDefault();
				setOpen(true);
			}
		};
		addEventListener("keydown", pressed);
		return () => removeEventListener("keydown", pressed);
	}, []);
	return (
		<>
			<button type="button" class="find" onClick={() => setOpen(true)}>
				{t("find.open")}
			</button>
			{open && <Finder close={() => setOpen(false)} />}
		</>
	);
}

function Finder({ close }: { close: () => void }) {
	const [text, setText] = useState("");
	const [rows, setRows] = useState<Hit[]>([]);
	const list = useRef<HTMLUListElement>(null);
	const words = text.trim().toLowerCase();
	useEffect(() => {
		if (words === "") return setRows([]);
		const stop = new AbortController();
		// What people give names to: the tables that the navigation shows first.
		const named = areas().flatMap((a) => a.main).filter((h) => h.display === "name");
		Promise.all(named.map((h) => rowsOf(h, text.trim(), stop.signal))).then((all) => setRows(all.flat()), () => undefined);
		return () => stop.abort();
	}, [words]);
	const pages = [...tables.value.values()].filter((h) => h.may.list && words && titleOf(h).toLowerCase().includes(words));
	const hits = [...pages.map((h) => ({ href: to(h.name), words: titleOf(h), kind: "" })).slice(0, most), ...rows];
	const choose = (href: string) => {
		close();
		go(href);
	};
	const move = (e: KeyboardEvent) => {
		const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
		if (step === 0) return;
		e.preventDefault();
		const links = [...list.current!.querySelectorAll("a")];
		links[Math.max(0, Math.min(links.length - 1, links.indexOf(document.activeElement as HTMLAnchorElement) + step))]?.focus();
	};
	return (
		<Dialog title={t("find.label")} close={close}>
			<form
				onSubmit={(e) => {
					e.preventDefault();
					if (hits[0]) choose(hits[0].href);
				}}
				onKeyDown={move}
			>
				<input type="text" autofocus autocomplete="off" dir="auto" aria-label={t("find.placeholder")} placeholder={t("find.placeholder")} value={text} onInput={(e) => setText(e.currentTarget.value)} />
				<ul ref={list} class="hits">
					{hits.map((h) => (
						<li key={h.href}>
							<a
								href={h.href}
								onClick={(e) => {
									e.preventDefault();
									choose(h.href);
								}}
							>
								<span dir="auto">{h.words}</span> <small>{h.kind}</small>
							</a>
						</li>
					))}
				</ul>
				{words !== "" && hits.length === 0 && <p role="status">{t("find.none")}</p>}
			</form>
		</Dialog>
	);
}

async function rowsOf(head: Head, text: string, signal: AbortSignal): Promise<Hit[]> {
	const aside = head.aside ? ` and ${head.aside} eq false` : "";
	const query = { fields: "$key,name", filter: `name ct ${quoted(text)}${aside}`, limit: 4 };
	const { body } = await ask("GET", path([head.name], query), undefined, {}, signal);
	return (body as Row[]).map((r) => ({ href: to(head.name, r.$key), words: String(r["name"]), kind: head.title }));
}
