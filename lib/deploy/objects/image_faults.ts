/** Small letters but for the host; a tag, a digest. */
const IMAGE =
  /^(?:(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?$/;

/** What is wrong with the name of an image; nothing where a node would look for it. */
export function faultsOfImage(image: string): string[] {
  return IMAGE.test(image) ? [] : [`"${image}" is no image; it is one as in registry/name:tag`];
}
