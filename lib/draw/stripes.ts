interface StripesContext {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  createImageData(): never;
}

/** A canvas as far as the legend of a continuous colour needs one: it paints stripes, and gives them as a picture. */
export class Stripes {
  width = 0;
  height = 0;
  readonly #stripes: string[] = [];

  /** What paints. */
  getContext(): StripesContext {
    const stripes = this.#stripes;
    return {
      fillStyle: "",
      fillRect(x, y, width, height) {
        stripes.push(`<rect x="${x}" y="${y}" width="${width + 0.5}" height="${height}" fill="${this.fillStyle}"/>`);
      },
      createImageData() {
        throw new Error("Cannot paint pixels without a browser: use marks like cell, rect or dot in place of raster");
      },
    };
  }

  /** The stripes as an SVG in a data URL. */
  toDataURL(): string {
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size} preserveAspectRatio="none">${
      this.#stripes.join("")
    }</svg>`;
    return `data:image/svg+xml;base64,${btoa(svg)}`;
  }
}
