// A table of which only the rows in sight are in the page.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../messages";
import type { Column } from "./columns";
import type { Window } from "./window";
import type { Row } from "../data/api";
import { to } from "../router";

const spare = 10;

interface Props {
	table: string;
	label: string;
	columns: Column[];
	rows: Window;
	sort: string;
	onSort: (sort: string) => void;
}

export function VirtualTable({ table, label, columns, rows, sort, onSort }: Props) {
	const box = useRef<HTMLDivElement>(null);
	const [range, setRange] = useState<[number, number]>([0, 40]);
	const [height, setHeight] = useState(0);
	const total = rows.total.value ?? 0;
	rows.version.value; // drawn again when rows have come
	const measure = () => {
		const { scrollTop, clientHeight } = box.current!;
		const one = box.current!.querySelector<HTMLElement>("tbody tr[aria-rowindex]")?.offsetHeight || 36;
		const first = Math.max(0, Math.floor(scrollTop / one) - spare);
		const last = Math.min(Math.max(0, total - 1), Math.ceil((scrollTop + clientHeight) / one) + spare);
		setHeight(one);
		if (first !== range[0] || last !== range[1]) setRange([first, last]);
		rows.show(first, last);
	};
	useLayoutEffect(measure, [total, rows]);
	useLayoutEffect(() => {
		const resized = new ResizeObserver(measure);
		resized.observe(box.current!);
		return () => resized.disconnect();
	}, [total, rows]);
	const [first, last] = range;
	const indexes = Array.from({ length: Math.max(0, Math.min(last, total - 1) - first + 1) }, (_, i) => first + i);
	const below = Math.max(0, total - first - indexes.length);
	return (
		<div class="scroll" ref={box} onScroll={measure} tabIndex={0} role="region" aria-label={label}>
			<table aria-rowcount={total + 1}>
				<caption class="unseen">{label}</caption>
				<thead>
					<tr aria-rowindex={1}>
						{columns.map((c) => (
							<Heading key={c.name} column={c} sort={sort} onSort={onSort} />
						))}
					</tr>
				</thead>
				<tbody>
					{first > 0 && <Space columns={columns.length} height={first * height} />}
					{indexes.map((i) => (
						<Line key={i} table={table} index={i} row={rows.row(i)} columns={columns} />
					))}
					{below > 0 && <Space columns={columns.length} height={below * height} />}
				</tbody>
			</table>
		</div>
	);
}

function Heading({ column, sort, onSort }: { column: Column; sort: string; onSort: (sort: string) => void }) {
	const up = column.sort !== undefined && sort === column.sort;
	const down = column.sort !== undefined && sort === `-${column.sort}`;
	const next = up ? `-${column.sort}` : column.sort;
	return (
		<th scope="col" class={column.right ? "right" : undefined} aria-sort={up ? "ascending" : down ? "descending" : undefined}>
			{next === undefined ? (
				column.label
			) : (
				<button type="button" class="plain" onClick={() => onSort(next)}>
					{column.label}
					<span aria-hidden="true">{up ? " ▲" : down ? " ▼" : ""}</span>
				</button>
			)}
		</th>
	);
}

function Line({ table, index, row, columns }: { table: string; index: number; row: Row | undefined; columns: Column[] }) {
	return (
		<tr aria-rowindex={index + 2}>
			{columns.map((c) => {
				const content = row ? c.show(row) : t("list.row_loading");
				const Cell = c.leads ? "th" : "td";
				return (
					<Cell key={c.name} scope={c.leads ? "row" : undefined} class={c.right ? "right" : undefined}>
						{c.leads && row ? <a href={to(table, row.$key)}>{content}</a> : content}
					</Cell>
				);
			})}
		</tr>
	);
}

/** Stands for the rows that are out of sight. */
function Space({ columns, height }: { columns: number; height: number }) {
	return (
		<tr aria-hidden="true" class="space">
			<td colSpan={columns} style={{ height: `${height}px` }} />
		</tr>
	);
}
