/** A transaction as Kafka's client has it, so far as tests meddle with it. */
export interface MeddledTransaction {
  /** All is sent by then, and nothing is said of the group's place. */
  addConsumer(consumer: object): Promise<unknown>;
  /** The group's place is said by then, and the transaction is open. */
  commit(): Promise<unknown>;
}

/** Changes the next transaction that this process begins. */
export async function atNextTransaction(change: (transaction: MeddledTransaction) => void): Promise<void> {
  const { Producer } = await import("@platformatic/kafka" as string) as {
    Producer: { prototype: { beginTransaction(options: object): Promise<MeddledTransaction> } };
  };
  const begin = Producer.prototype.beginTransaction;
  Producer.prototype.beginTransaction = async function (options) {
    Producer.prototype.beginTransaction = begin;
    const transaction = await begin.call(this, options);
    change(transaction);
    return transaction;
  };
}

/** Something is done in the next transaction before its next step. */
export async function beforeStep(step: keyof MeddledTransaction, act: () => unknown): Promise<void> {
  await atNextTransaction((transaction) => {
    const own: (...args: never[]) => Promise<unknown> = transaction[step].bind(transaction);
    transaction[step] = async (...args: unknown[]) => {
      await act();
      return await own(...args as never[]);
    };
  });
}
