import { t } from "../messages";

/** Leads to what describes the APIs, outside of this interface. */
export function Documents() {
	return (
		<>
			<h1>{t("documents.title")}</h1>
			<p>{t("documents.text")}</p>
			<ul>
				<li>
					<a href="/api/v4/docs" target="_blank" rel="noopener">
						{t("documents.table")}
					</a>
				</li>
				<li>
					<a href="/api/v1" target="_blank" rel="noopener">
						{t("documents.resource")}
					</a>
				</li>
				<li>
					<a href="/licences.txt" target="_blank" rel="noopener">
						{t("documents.licences")}
					</a>
				</li>
			</ul>
		</>
	);
}
