/** An npm registry on loopback with one package, and a cache of Deno's of its own to fetch it into. */

const BLOCK_BYTES = 512;

/** What `openRegistry` has set up; disposing it takes it down. */
export interface Registry extends AsyncDisposable {
  /** Archives that were fetched, in order. */
  readonly fetched: readonly string[];
}

/**
 * Serves the package `name@1.0.0`, whose only module is `code`. Until it is disposed, child processes of this one take it from
 * there, into an empty cache.
 */
export async function openRegistry(name: string, code: string): Promise<Registry> {
  const archive = await gzip(tar({
    "package/package.json": JSON.stringify({ name, version: "1.0.0", type: "module", main: "main.js" }),
    "package/main.js": code,
  }));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", archive));
  const integrity = `sha512-${btoa(String.fromCharCode(...digest))}`;
  const fetched: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname === `/${name}/-/${name}-1.0.0.tgz`) {
      fetched.push(pathname);
      return new Response(archive);
    }
    if (pathname !== `/${name}`) return new Response("not found", { status: 404 });
    const tarball = `${origin}/${name}/-/${name}-1.0.0.tgz`;
    const version = { name, version: "1.0.0", main: "main.js", type: "module", dist: { tarball, integrity } };
    return Response.json({ name, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": version } });
  });
  const cache = await Deno.makeTempDir({ prefix: "levada-cache-" });
  const before = { NPM_CONFIG_REGISTRY: Deno.env.get("NPM_CONFIG_REGISTRY"), DENO_DIR: Deno.env.get("DENO_DIR") };
  Deno.env.set("NPM_CONFIG_REGISTRY", `http://127.0.0.1:${server.addr.port}/`);
  Deno.env.set("DENO_DIR", cache);
  return {
    fetched,
    async [Symbol.asyncDispose]() {
      for (const [key, value] of Object.entries(before)) {
        value === undefined ? Deno.env.delete(key) : Deno.env.set(key, value);
      }
      await server.shutdown();
      await Deno.remove(cache, { recursive: true });
    },
  };
}

/** Files as an archive. @see Source: POSIX, pax, "ustar Interchange Format". */
function tar(files: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const parts = Object.entries(files).flatMap(([path, text]) => {
    const bytes = new TextEncoder().encode(text);
    return [header(path, bytes.length), bytes, new Uint8Array(-bytes.length & (BLOCK_BYTES - 1))];
  });
  parts.push(new Uint8Array(2 * BLOCK_BYTES));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

function header(path: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  put(0, path);
  put(100, "0000644\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(148, "        "); // the sum counts its own place as spaces
  put(156, "0");
  put(257, "ustar\x0000");
  put(148, `${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
  return block;
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
}
