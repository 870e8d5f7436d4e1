/**
 * @file Fields of comma-separated text, one record at a time (RFC 4180, with whatever delimiter).
 *
 * Pure and browser-safe. A quote counts only at the start of a field; "" within a quoted field is one quote; text between the
 * closing quote and the next delimiter is kept as it stands. Nothing is thrown: a record whose quotes do not close comes back
 * as undefined, and the caller may try again with the next line joined on.
 */

/** Spaces around unquoted fields stay. */
export function splitCsvRecord(record: string, delimiter: string): string[] | undefined {
  if (!record.includes('"')) return record.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = record[at] === '"' ? quotedField(record, at, delimiter) : plainField(record, at, delimiter);
    if (field === undefined) return undefined;
    fields.push(field.text);
    if (field.end >= record.length) return fields;
    at = field.end + delimiter.length;
    // A delimiter at the very end: one more field, which is empty.
    if (at === record.length) return [...fields, ""];
  }
}

interface Field {
  readonly text: string;
  /** Of the delimiter behind it, or the record's length. */
  readonly end: number;
}

function plainField(record: string, start: number, delimiter: string): Field {
  const found = record.indexOf(delimiter, start);
  const end = found === -1 ? record.length : found;
  return { text: record.slice(start, end), end };
}

function quotedField(record: string, start: number, delimiter: string): Field | undefined {
  let text = "";
  for (let from = start + 1; ; ) {
    const close = record.indexOf('"', from);
    if (close === -1) return undefined;
    text += record.slice(from, close);
    if (record[close + 1] !== '"') {
      const { text: more, end } = plainField(record, close + 1, delimiter);
      return { text: text + more, end };
    }
    text += '"';
    from = close + 2;
  }
}

const DELIMITERS = [",", "\t", ";", "|"] as const;

/** The delimiter that splits the header into most fields; a comma where none does. */
export function guessDelimiter(header: string): string {
  let [best, most] = [",", 1];
  for (const delimiter of DELIMITERS) {
    const { length } = splitCsvRecord(header, delimiter) ?? [];
    if (length > most) [best, most] = [delimiter, length];
  }
  return best;
}
