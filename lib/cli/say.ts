/** Says something to whoever still reads: what is under way goes on where nobody does. */
export function say(write: (text: string) => void, text: string): void {
  try {
    write(text);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
