/** A stream's path without what stands behind `?`, and without a login: what names it, whoever opens it. */
export function plainPath(path: string): string {
  return path.split("?", 1)[0]!.replace(/^([^:]*:\/\/)[^/@]*@/, "$1");
}
