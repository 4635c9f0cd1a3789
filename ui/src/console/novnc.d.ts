declare module "@novnc/novnc" {
	/** What we use of noVNC's RFB. */
	export default class RFB extends EventTarget {
		constructor(target: HTMLElement, url: string, options?: { credentials?: { password?: string } });
		scaleViewport: boolean;
		focusOnClick: boolean;
		background: string;
		sendCredentials(credentials: { password: string }): void;
		sendCtrlAltDel(): void;
		disconnect(): void;
		focus(): void;
	}
}
