/** What the library's own code says when it raises: an answer that tells of such an error must hold the text. */
const RAISED = [
  /^boom$/,
  /^negative: /,
  /^bad input$/,
  /: this step raises$/,
  / was told to fail$/,
  /^after mutation$/,
  /^told to$/,
  /^input above 100$/,
  /^prediction failed$/,
  /^handler failed too$/,
  /^async boom$/,
  /^child failed$/,
  /^init boom$/,
  /^cannot load$/,
  /^this is [57]$/,
  /^attempt \d+$/,
  /^no row$/,
  /^model boom$/,
  /^Generator error mid-stream$/,
];

/** Tells whether the golden library's own code raised this text. */
export function isRaised(text: string): boolean {
  return RAISED.some((pattern) => pattern.test(text));
}
