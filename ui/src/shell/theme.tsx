// Light, dark, high contrast or as the system is.
import { effect, signal } from "@preact/signals";
import { t } from "../messages";

const themes = ["system", "light", "dark", "contrast"] as const;
type Theme = (typeof themes)[number];

const stored = "theme";
const theme = signal<Theme>(themes.find((x) => x === localStorage.getItem(stored)) ?? "system");

effect(() => {
	document.documentElement.dataset["theme"] = theme.value;
	localStorage.setItem(stored, theme.value);
});

export function ThemeChoice() {
	return (
		<select aria-label={t("theme.label")} value={theme.value} onChange={(e) => (theme.value = e.currentTarget.value as Theme)}>
			{themes.map((x) => (
				<option key={x} value={x}>
					{t(`theme.${x}`)}
				</option>
			))}
		</select>
	);
}
