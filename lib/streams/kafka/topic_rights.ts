import type { KafkaAdmin, KafkaPackage } from "./kafka_client.ts";
import { onRequest } from "./on_request.ts";

interface Described {
  readonly topics: readonly { readonly name: string; readonly topicAuthorizedOperations: number }[];
}

const WRITE = 4; // the operation's number, and its bit in what one may do
const UNTOLD = -2_147_483_648;

/** What one may do with topics, by what their brokers answer to a client that only asks for them: it writes nothing to find out. */
export class TopicRights {
  readonly #operations = new Map<string, number>();

  /** From here on, whatever the client asks of a topic, it asks for its rights too. */
  constructor(admin: KafkaAdmin, kafka: KafkaPackage) {
    onRequest(admin, kafka, {
      Metadata: (args) => {
        const give = args.at(-1) as (error: Error | null, response?: Described) => void;
        args[2] = true; // topic_authorized_operations
        args[args.length - 1] = ((error, response) => {
          for (const { name, topicAuthorizedOperations } of response?.topics ?? []) {
            this.#operations.set(name, topicAuthorizedOperations);
          }
          give(error, response);
        }) as typeof give;
      },
    });
  }

  /** Whether one may write to a topic that was asked for; true where the broker does not say. */
  mayWrite(topic: string): boolean {
    const operations = this.#operations.get(topic) ?? UNTOLD;
    return operations === UNTOLD || (operations >> WRITE & 1) === 1;
  }
}
