/** Text on one line of at most `width` signs; what does not fit is cut, and control characters move no cursor. */
export function fit(text: string, width: number): string {
  const signs = [...text.replace(/\p{Cc}/gu, " ")];
  return signs.length <= width ? signs.join("") : `${signs.slice(0, width - 1).join("")}…`;
}
