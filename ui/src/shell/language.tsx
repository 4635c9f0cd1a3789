import { type Language, language, languages, speak, t } from "../messages";

export function LanguageChoice() {
	return (
		<select aria-label={t("language.label")} value={language} onChange={(e) => speak(e.currentTarget.value as Language)}>
			{Object.entries(languages).map(([code, name]) => (
				<option key={code} value={code} lang={code}>
					{name}
				</option>
			))}
		</select>
	);
}
