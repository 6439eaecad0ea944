import process from "node:process";
import { StreamError } from "../../errors.ts";
import { type PathOptions, readStreamPath } from "../stream_path.ts";

/** Where a stream of v3io is, and what its path asks for. */
export interface V3ioPath {
  /** As messages name it: without its options. */
  readonly name: string;
  /** The web interface, with a slash at its end. */
  readonly api: URL;
  readonly container: string;
  /** The stream's path in its container. */
  readonly stream: string;
  readonly accessKey: string | undefined;
  /** The group of those who subscribe without naming one. */
  readonly group: string | undefined;
  readonly options: PathOptions;
}

const OPTIONS = ["partitions", "retention", "create"] as const;
const FORM = "v3io://host:8081/container/stream, or v3io:///container/stream with the host in V3IO_API";

/**
 * Takes the path of a stream of v3io apart: `v3io://webapi:8081/projects/orders?partitions=8`, `v3ios://` for https. V3IO_API has the
 * host where the path names none, V3IO_ACCESS_KEY the key.
 *
 * @throws {StreamError} If the path says something that there is not.
 */
export function readV3ioPath(path: string, environment = (name: string) => process.env[name]): V3ioPath {
  const [address = "", query = ""] = path.split("?", 2);
  const [, scheme = "", host = "", container = "", rest = ""] =
    /^(v3ios?):\/\/([^/]*)\/+([^/]+)\/+(.*?)\/*$/i.exec(address) ?? [];
  const stream = rest.split(/\/+/).join("/");
  const shown = address.replace(/:\/\/[^/]*@/, "://");
  const refuse = (state: string) => new StreamError(`Cannot open ${shown}: ${state}`);
  if (host.includes("@")) throw refuse("a key does not stand in a path. Set V3IO_ACCESS_KEY");
  if (
    stream === "" || `${container}/${stream}`.split("/").some((part) => !/^[\w. -]+$/.test(part) || /^\.+$/.test(part))
  ) {
    throw refuse(`it names no stream of a container. Say ${FORM}`);
  }
  const protocol = scheme.toLowerCase() === "v3ios" ? "https" : "http";
  const said = host || environment("V3IO_API") || "";
  if (said === "") throw refuse(`it names no host. Say ${FORM}`);
  const api = URL.parse(`${/^https?:\/\//i.test(said) ? said : `${protocol}://${said}`}/`);
  if (api === null) throw refuse(`"${said}" is no host. Say ${FORM}`);
  api.pathname = api.pathname.replace(/\/+$/, "/");
  const asked = new URLSearchParams(query);
  const group = asked.get("group") ?? undefined;
  asked.delete("group");
  const name = `${protocol === "https" ? "v3ios" : "v3io"}://${host}/${container}/${stream}`;
  const { options } = readStreamPath(`${name}?${asked}`, OPTIONS);
  return { name, api, container, stream, accessKey: environment("V3IO_ACCESS_KEY") || undefined, group, options };
}
