/** Resolves in the next turn of the event loop: behind every promise that waits for nothing outside of this program. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
