/** How deep code is nested: the parser is native and recursive, and a stack overflow there ends the whole kernel. */

/** Deepest nesting that is read; people write 20, and 3,000 elements of JSX in each other end the process. */
export const NESTING_AT_MOST = 1_000;

/** Whether brackets, braces, parentheses or angle brackets are nested too deep; those in texts and comments count too. */
export function isTooDeep(code: string): boolean {
  let [round, angled] = [0, 0];
  for (let i = 0; i < code.length; i++) {
    switch (code[i]) {
      case "(":
      case "[":
      case "{":
        round++;
        break;
      case ")":
      case "]":
      case "}":
        round = Math.max(0, round - 1);
        break;
      case "<":
        angled += code[i + 1] === "/" ? -1 : 1;
        break;
      case "/":
        if (code[i + 1] === ">") angled--;
        break;
      case ";":
        angled = 0; // a comparison opened nothing
    }
    if (angled < 0) angled = 0;
    if (round > NESTING_AT_MOST || angled > NESTING_AT_MOST) return true;
  }
  return false;
}
