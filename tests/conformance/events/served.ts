/** What the suite serves: a text model and a step that yields, both told by their input how to behave. */

import { type Context, type GenerateRequest, serving, TextModel } from "levada";

let release = Promise.withResolvers<void>();
let stopped = 0;

/** Says the words of a text; `wait` waits for a request of the text `release`, `boom` fails, `forever` never ends. */
class Words extends TextModel {
  override async *generate({ text_input }: GenerateRequest, { signal }: Context) {
    if (text_input === "release") release.resolve();
    if (text_input === "stopped?") {
      yield String(stopped);
      return;
    }
    try {
      for (const word of text_input.split(" ")) {
        if (word === "wait") await release.promise;
        else if (word === "boom") throw new Error("model boom");
        else if (word === "forever") {
          for (let n = 0; !signal.aborted; n++) yield await Promise.resolve(`${n} `);
        } else yield await Promise.resolve(word);
      }
    } finally {
      if (text_input === "wait") release = Promise.withResolvers();
      stopped += 1;
    }
  }
}

const words = serving("words").addModel("words", Words);

export default words;

/** Yields what it is sent, item by item. */
export const items = serving("items");
items.setTopology("flow").to("items", async function* (body: unknown[]) {
  for (const item of body) {
    if (item === "boom") throw new Error("step boom");
    yield await Promise.resolve(item);
  }
}).respond();
