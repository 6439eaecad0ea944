/** Whom a remote step asks, or a path below whom a model elsewhere is: the path goes behind what the URL has of one, before its query. */
export function urlOf({ url, subpath }: { readonly url: string; readonly subpath?: string | undefined }): string {
  if (subpath === undefined) return url;
  const [, base = "", rest = ""] = /^([^?#]*)([^]*)$/.exec(url)!;
  return `${base.replace(/\/+$/, "")}/${subpath.replace(/^\/+/, "")}${rest}`;
}
