/** A module that is imported for its effect alone. */

(globalThis as { setByImport?: string }).setByImport = "here";

export {};
