/** A case uses something that the library or the translator does not have; it is skipped with this reason. */
export class Needs extends Error {
  override readonly name = "Needs";
  readonly feature: string;

  constructor(feature: string) {
    super(`needs: ${feature}`);
    this.feature = feature;
  }
}
