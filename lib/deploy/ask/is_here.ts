/** Whether a host, with or without its port, is this machine itself: what goes there passes no network. */
export function isHere(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}
