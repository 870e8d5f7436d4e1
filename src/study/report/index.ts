/**
 * @file The report of a study as one HTML file: no network, no script, figures as inline SVG, light and dark.
 *
 * Pure: the same results give the same text. Rungs that a study does not have are left out. Missing, NaN and infinite
 * numbers are shown as such in tables and left out of figures, or drawn as arrowheads at the edge.
 */
import type { StudyResults } from "../results.ts";
import { Html, html } from "./html.ts";
import { designSection } from "./sections/designSection.ts";
import { interveneSection } from "./sections/interveneSection.ts";
import { methodsSection } from "./sections/methodsSection.ts";
import { observeSection } from "./sections/observeSection.ts";
import { openingSection } from "./sections/openingSection.ts";
import { predictSection } from "./sections/predictSection.ts";
import { STYLE } from "./style.ts";

export function renderReport(results: StudyResults): string {
  const { study } = results;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${study.title} · Ontogeny</title><style>${Html.ofEscaped(STYLE)}</style></head><body><main>
${openingSection(results)}
${observeSection(results)}
${predictSection(results)}
${interveneSection(results)}
${designSection(results)}
${methodsSection(results)}
<footer><p class="note">Written by Ontogeny${Object.hasOwn(results.cost.versions, "ontogeny") && html` ${results.cost.versions.ontogeny}`} from results.json of study ${study.id}.${study.quick && " Quick run: fewer seeds; not the full study."}</p></footer>
</main></body></html>
`.text;
}
