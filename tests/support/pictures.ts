import { extend, flatMap, ModelServer, type OpenGraph, queue, type RouterGraph, serving, votingEnsemble } from "levada";
import type { GraphView, StepView } from "../../lib/plot/view.ts";

class ClassifierModel extends ModelServer {
  predict({ inputs }: { inputs: readonly unknown[] }): unknown[] {
    return inputs.map(() => 0);
  }
}

class Echo {
  do(body: object): object {
    return body;
  }
}

class ApplyNlp {
  do(text: string): string[] {
    return text.split(" ");
  }
}

/** The first worked example: a router of two models. */
export function routerExample(): RouterGraph {
  const graph = serving("my-server").setTopology("router");
  graph.addRoute("model1", ClassifierModel, { modelPath: "models/iris_logreg.onnx" });
  graph.addRoute("model2", ClassifierModel, { modelPath: "models/iris_forest.onnx" });
  return graph;
}

/** The second: pre-process, ensemble, error handler, reply. */
export function ensembleExample(): OpenGraph {
  const graph = serving("advanced").setTopology("flow");
  graph
    .to("enrich", extend(() => ({ tag: "something" })))
    .to("pre-process", Echo)
    .errorHandler("catcher");
  const ensemble = graph.addStep("ensemble", votingEnsemble(), { after: "pre-process" });
  ensemble.addRoute("m1", ClassifierModel, { modelPath: "models/iris_logreg.onnx" });
  ensemble.addRoute("m2", ClassifierModel, { modelPath: "models/iris_forest.onnx" });
  graph.addStep("final", Echo, { after: "ensemble" }).respond();
  graph.addStep("catcher", function errorCatcher(event: unknown) {
    return event;
  }, { fullEvent: true, after: "" });
  return graph;
}

/** The third: two functions joined by a stream. */
export function streamExample(): OpenGraph {
  const fn = serving("multi-func");
  const graph = fn.setTopology("flow");
  graph
    .to("load_url", function loadUrl(url: string) {
      return url;
    })
    .to("to_paragraphs", function toParagraphs(text: string) {
      return text.split("\n");
    })
    .to("flatten_paragraphs", flatMap((paragraphs: string[]) => paragraphs))
    .to("q1", queue({ path: "memory://paragraphs" }))
    .to("nlp", ApplyNlp, { function: "enrich" })
    .to("extract_entities", (words: string[]) => words, { function: "enrich" })
    .to("enrich_entities", (words: string[]) => words, { function: "enrich" })
    .to("flatten_entities", flatMap((words: string[]) => words), { function: "enrich" })
    .to("printer", (word: string) => word, { function: "enrich" })
    .to("output_stream", queue({ path: "memory://entities" }));
  fn.addChildFunction("enrich");
  return graph;
}

const ODD = [
  `clean "quoted" <b>names</b> & 'apostrophes' that go on and on`,
  "🚰 water → 水路 → канал 👩‍🔬 measured along the whole channel",
  String.raw`C:\models\new\table\N\G\E and {a|b} in a single long name`,
  "normalizeTheWholeTextAndSplitItIntoSentencesWithoutAnySpaces",
  "a_name_of_sixty_characters_that_is_made_of_many_short_words__",
];

/** Forty steps with long and odd names, two functions, routers, a fan-out, a join, handlers, a way back. */
export function hostileView(): GraphView {
  const kinds = ["function", "class", "filter", "flatMap", "map", "queue", "votingEnsemble", "extend"];
  const shapes: Record<string, string> = { queue: "cds", filter: "octagon", flatMap: "hexagon" };
  const steps = Array.from({ length: 40 }, (_, index): StepView => {
    const kind = kinds[index % kinds.length]!;
    return {
      name: `${index} ${ODD[index % ODD.length]!}`.slice(0, 60),
      kind,
      shape: index === 32 ? "record" : index === 33 ? "diamond" : shapes[kind] ?? "box",
      detail: index % 3 === 0 ? `Detail<${index}> & "more"` : kind,
      responder: index === 37,
      handler: index >= 38,
      ...(index >= 14 && index < 22 ? { function: `first "child" <1>` } : {}),
      ...(index >= 22 && index < 30 ? { function: "second 🧠 child" } : {}),
      ...(kind === "votingEnsemble"
        ? { routes: [{ name: "m1", detail: "Forest" }, { name: ODD[0]! }, { name: "🌲" }] }
        : {}),
      ...(index === 0 ? { comment: `first line\nsecond "line" <end>` } : {}),
    };
  });
  const name = (index: number): string => steps[index]!.name;
  return {
    name: `hostile "graph" <40> 🚰`,
    functions: [`first "child" <1>`, "second 🧠 child"],
    steps,
    edges: [
      ...Array.from({ length: 37 }, (_, index) => ({ from: name(index), to: name(index + 1), kind: "flow" as const })),
      { from: name(3), to: name(8), kind: "flow" },
      { from: name(32), to: name(35), kind: "flow" },
      { from: name(12), to: name(10), kind: "cycle" },
      { from: name(5), to: name(38), kind: "error" },
      { from: name(6), to: name(38), kind: "error" },
      { from: name(31), to: name(39), kind: "error" },
    ],
  };
}
