const QUANTITY = /^([+-]?[0-9.]+)(?:([eE][+-]?[0-9]+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$/;
const DECIMAL = ["", "k", "M", "G", "T", "P", "E"];
const PARTS = ["", "m", "u", "n"];
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/**
 * A quantity as Kubernetes writes them, as a number.
 *
 * @param text `500m`, `1Gi`, `2`, `1e3`.
 * @returns In units of what is counted (cores, bytes); NaN where it is none.
 * @see Source: Kubernetes API, resource.Quantity, "serialization format".
 */
export function readQuantity(text: string | number): number {
  const [, digits, exponent = "", suffix = ""] = QUANTITY.exec(String(text)) ?? [];
  if (digits === undefined) return NaN;
  const part = PARTS.indexOf(suffix);
  if (part > 0) return Number(digits) / 1_000 ** part;
  const number = Number(`${digits}${exponent}`);
  return suffix.endsWith("i") ? number * 1_024 ** BINARY.indexOf(suffix) : number * 1_000 ** DECIMAL.indexOf(suffix);
}
