/** An image cannot be made, or does not get to where it should. */
export class ImageError extends Error {
  /** The name of the class. */
  override readonly name = "ImageError";
}
