import type { KafkaBase, KafkaPackage } from "./kafka_client.ts";

/** A request of Kafka's protocol, as the client writes it. */
interface Request {
  (connection: unknown, ...args: unknown[]): void;
  readonly key: number;
  readonly version: number;
}

type GetRequest = (name: string, give: (error: Error | null, request?: Request) => void) => void;

/** Changes what a request is made of before it goes; the last is what is called with the answer. */
export type ChangeRequest = (args: unknown[]) => void;

/** Has requests of a client changed on their way, by their names, where it asks itself how they are written for the broker at hand. */
export function onRequest(
  client: KafkaBase,
  kafka: KafkaPackage,
  changes: Readonly<Record<string, ChangeRequest>>,
): void {
  const own = client as KafkaBase & Record<symbol, GetRequest>;
  const getRequest = own[kafka.kGetApi]!.bind(client);
  own[kafka.kGetApi] = (name, give) => {
    getRequest(name, (error, request) => {
      const change = changes[name];
      give(error, change === undefined || request === undefined ? request : changed(request, change));
    });
  };
}

function changed(request: Request, change: ChangeRequest): Request {
  const wrapped = (connection: unknown, ...args: unknown[]) => {
    change(args);
    request(connection, ...args);
  };
  return Object.assign(wrapped, { key: request.key, version: request.version });
}
