import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeText, html, svg } from "./html.ts";

test("turns the five characters that matter into entities", () => {
  expect(escapeText(`<a href="x" title='y'>&`)).toBe("&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
});

test("leaves nothing that could open a tag, close an attribute or start an entity, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const escaped = escapeText(text);
      expect(escaped).not.toMatch(/[<>"']/);
      expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
      expect(html`<b title="${text}">${text}</b>`.text.match(/</g)).toHaveLength(2);
    }),
    { seed: 7 },
  );
});

test("gives printable text back unchanged when the entities are read", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      const read = escapeText(text)
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&quot;", '"')
        .replaceAll("&#39;", "'")
        .replaceAll("&amp;", "&");
      expect(read).toBe(text);
    }),
    { seed: 7 },
  );
});

test("replaces control characters and unpaired surrogates, keeps tab, newline and emoji", () => {
  expect(escapeText("a\u0000b\ud800c\t\n😀")).toBe("a\ufffdb\ufffdc\t\n😀");
});

test("prints nested markup as it is, and nothing for null, undefined and booleans", () => {
  expect(html`<p>${[html`<b>1</b>`, null, undefined, false, true, "<i>"]}</p>`.text).toBe("<p><b>1</b>&lt;i&gt;</p>");
});

test("rounds coordinates and refuses those that are not finite", () => {
  expect(svg`<line x1="${1 / 3}"/>`.text).toBe('<line x1="0.33"/>');
  expect(() => svg`<line x1="${Number.NaN}"/>`).toThrow("svg coordinate: expected a finite number, got NaN");
});
