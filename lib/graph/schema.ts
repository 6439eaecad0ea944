/** Checks a value and gives it its type; every zod schema is one. */
export interface Schema<Value> {
  /** Gives the checked value, or everything that is wrong with it. */
  safeParse(value: unknown): { success: true; data: Value } | {
    success: false;
    error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] };
  };
  /** The same where a check waits for something; asked where `safeParse` throws that it cannot. Default: no check waits. */
  safeParseAsync?(value: unknown): Promise<ReturnType<Schema<Value>["safeParse"]>>;
}
