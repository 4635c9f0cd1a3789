// What pages of single tables have beyond what their declarations say. A table that isn't here has the general list, form and page.
import type { ComponentType } from "preact";
import type { Row } from "./data/api";
import type { Table } from "./data/declared";
import type { Watch } from "./data/feed";
import type { Column } from "./list/columns";
import type { Message } from "./messages";
import { vms } from "./vms/page";

/** What a part of a row's page is given. */
export interface PartProps {
	table: Table;
	row: Row;
	/** Whether the user may change the row. */
	modify: boolean;
}

/** A part of a row's page, loaded when it is opened. */
export interface Tab {
	/** In the address. */
	name: string;
	label: Message;
	load: () => Promise<ComponentType<PartProps>>;
}

export interface Page {
	/** Columns of the list that lie in other tables, and which columns it has at first. */
	columns?: () => Column[];
	usual?: string[];
	sort?: string;
	/** Other tables whose changes show in the list. */
	watches?: Watch[];
	/** What stands in the place of the general form for new rows. */
	create?: () => Promise<ComponentType<{ table: Table }>>;
	/** Stands above the parts of a row's page. */
	top?: () => Promise<ComponentType<PartProps>>;
	tabs?: Tab[];
	/** Actions that have a button of their own on the page of a row, in their order. */
	first?: string[];
	/** Rows that hang off another row, which a column leads to, and are shown with this one. */
	below?: { table: string; by: string };
	/** Actions after which something is lost, and what to ask before. */
	confirm?: Record<string, Message>;
}

const pages: Record<string, Page> = { vms };

export const pageOf = (table: string): Page => pages[table] ?? {};
