/** Checks a value and gives it its type; every zod schema is one. */
export interface Schema<Value> {
  /** Gives the checked value, or everything that is wrong with it. */
  safeParse(value: unknown): { success: true; data: Value } | {
    success: false;
    error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] };
  };
  /** The same where a check may wait for something: asked in its place, of zod's schemas only where they have code of your own. Default: no check waits. */
  safeParseAsync?(value: unknown): Promise<ReturnType<Schema<Value>["safeParse"]>>;
}
